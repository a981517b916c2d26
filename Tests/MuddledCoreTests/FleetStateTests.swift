import Testing

@testable import MuddledCore

@Suite("What the log of a fleet says", .timeLimit(.minutes(20)))
struct FleetStateTests {
  private let work = FleetWork(digest: Digest(), name: "s", orders: 10, chunkSize: 4)

  private func state(_ records: [(String, FleetEvent)]) throws -> FleetState {
    var state = FleetState()
    for (worker, event) in records {
      let record = FleetRecord(worker: worker, event: event)
      let decoded = try FleetRecord(decoding: record.encoded())
      #expect(decoded == record)
      try state.apply(decoded)
    }
    return state
  }

  /// Findings of so many orders, each an execution of its own.
  private func findings(_ orders: Range<UInt8>) -> FleetFindings {
    var findings = FleetFindings()
    for order in orders {
      findings.tally.add(
        Execution(
          rank: UInt128(order), order: [0], dispatched: [0],
          steps: [
            ExecutedStep(
              client: 0, step: 0, sql: "q", results: [.ok(affected: UInt64(order % 2))],
              wasBlocked: false, settledAfter: 0, microseconds: 1)
          ], checks: []))
      findings.executions.insert(UInt64(order))
    }
    return findings
  }

  private func bytes(_ orders: Range<UInt8>) -> [UInt8] {
    findings(orders).encoded(after: FleetFindings())
  }

  @Test("Chunks count once, whoever finds them, and are merged in their sequence")
  func merging() throws {
    let state = try state([
      ("a", .joined(work)), ("b", .joined(work)),
      ("a", .claimed(chunk: 0)), ("b", .claimed(chunk: 1)), ("b", .found(chunk: 1, bytes(4..<8))),
      ("b", .claimed(chunk: 0)), ("b", .found(chunk: 0, bytes(0..<4))),
      // The first worker slept, and finds the same a second time.
      ("a", .found(chunk: 0, bytes(0..<4))), ("a", .found(chunk: 1, bytes(4..<8))),
      ("a", .found(chunk: 7, bytes(0..<4))),
    ])
    #expect(state.findings.tally.ordersRun == 8 && state.ordersRun == 8)
    #expect(state.findings.tally.outcomes.map(\.orders) == [4, 4])
    #expect(state.findings.tally.outcomes.map(\.witness.rank) == [0, 1])
    #expect(state.findings.executions.count == 8)
    #expect(!state.isComplete)
    #expect(work.orders(ofChunk: 2) == 8..<10 && work.chunkCount == 3)
  }

  @Test("A later chunk waits for those before it, and needs no witness that stands there")
  func witnesses() throws {
    let first = findings(0..<4)
    let second = findings(4..<8).encoded(after: first)
    #expect(second.count < bytes(4..<8).count)
    let early = try state([("a", .joined(work)), ("a", .found(chunk: 1, second))])
    #expect(early.findings.tally.ordersRun == 0 && early.ordersRun == 4)
    let state = try state([
      ("a", .joined(work)), ("a", .found(chunk: 1, second)), ("b", .found(chunk: 0, bytes(0..<4))),
      ("a", .found(chunk: 2, bytes(8..<10))),
    ])
    #expect(state.findings.tally.outcomes.map(\.witness.rank) == [0, 1])
    #expect(state.findings.tally.ordersRun == 10 && state.isComplete)
  }

  @Test("What a worker works on is free when it has left or is gone, and nobody else's is")
  func free() throws {
    let claimed: [(String, FleetEvent)] = [
      ("a", .joined(work)), ("b", .joined(work)), ("a", .claimed(chunk: 0)),
      ("b", .claimed(chunk: 1)),
    ]
    #expect(try state(claimed).freeChunk { _ in true } == 2)
    #expect(try state(claimed).freeChunk { $0 == "a" } == 1)
    #expect(try state(claimed + [("a", .left)]).freeChunk { _ in true } == 0)
    #expect(try state(claimed + [("b", .claimed(chunk: 2))]).freeChunk { _ in true } == nil)
    // Who explores something else is no worker of this fleet.
    var other = work
    other.orders = 11
    #expect(
      try state(claimed + [("c", .joined(other)), ("c", .claimed(chunk: 2))]).freeChunk { _ in true
      }
        == 2)
  }

  @Test("Every cut and every changed byte of a record is refused or read, never trapped on")
  func malformed() throws {
    let record = FleetRecord(worker: "a", event: .found(chunk: 0, bytes(0..<4))).encoded()
    for end in record.indices {
      #expect(throws: MuddledError.self) { try FleetRecord(decoding: Array(record[..<end])) }
    }
    let found = bytes(0..<4)
    for index in found.indices {
      #expect(throws: MalformedBytes.self) {
        try FleetFindings(decoding: Array(found[..<index]), after: FleetFindings())
      }
      var changed = found
      changed[index] ^= 0xff
      _ = try? FleetFindings(decoding: changed, after: FleetFindings())
    }
  }
}
