import MuddledTestKit
import Testing

@testable import MuddledCore

@Suite("QueueCoordinator makes a coordinator of any queue with one order", .timeLimit(.minutes(20)))
struct QueueCoordinatorTests {
  /// Queues that take long messages or only short ones, and that purge or keep everything.
  enum Queues: CaseIterable {
    case long, short, keeping

    var place: InMemoryQueues {
      switch self {
      case .long: InMemoryQueues(messageBytes: 2 << 20)
      case .short: InMemoryQueues(messageBytes: 1024)
      case .keeping: InMemoryQueues(messageBytes: 100_000, purges: false)
      }
    }
  }

  @Test(
    "It does what every coordinator does", arguments: CoordinatorConformance.checks,
    Queues.allCases)
  func conformance(check: CoordinatorConformance.Check, queues: Queues) async throws {
    let place = queues.place
    try await check.run(CoordinatorConformance { QueueCoordinator(place.queue(batch: $0)) })
  }

  @Test("A log of 5,000 records that is trimmed leaves few messages, and newcomers find its leases")
  func bounded() async throws {
    let queue = InMemoryQueues().queue(batch: "b")
    let node = QueueCoordinator(queue)
    for position in 0..<5000 as Range<UInt64> {
      #expect(try await node.append([1], at: position) == .appended)
      if position == 10 { _ = try await node.renewLease(of: "old") }
      if position.isMultiple(of: 50) { try await node.trim(before: position) }
    }
    #expect(queue.count < 200)
    let late = QueueCoordinator(queue)
    #expect(try await late.renewLease(of: nil).map(\.node) == ["old"])
    #expect(try await late.append([2], at: 10) == .taken)
    #expect(try await late.append([2], at: 5000) == .appended)
    #expect(try await node.records(from: 5000, waitingAtMost: .zero).map(\.bytes) == [[2]])
    await node.close()
    await late.close()
  }

  @Test("A reader that a purge has overtaken goes on behind it")
  func overtaken() async throws {
    let queue = InMemoryQueues().queue(batch: "b")
    let (fast, slow) = (QueueCoordinator(queue), QueueCoordinator(queue))
    #expect(try await slow.append([0], at: 0) == .appended)
    for position in 1..<100 as Range<UInt64> { _ = try await fast.append([1], at: position) }
    // The slow one reads nothing while it waits for nothing.
    try await fast.trim(before: 90)
    #expect(try await slow.records(from: 1, waitingAtMost: .zero).map(\.position).first == 90)
    #expect(try await slow.append([2], at: 100) == .appended)
    await fast.close()
    await slow.close()
  }

  @Test("A queue whose beginning is gone without a word is reported, and so is a shorter one")
  func lost() async throws {
    let queue = InMemoryQueues().queue(batch: "b")
    let node = QueueCoordinator(queue)
    for position in 0..<10 as Range<UInt64> { _ = try await node.append([1], at: position) }
    try await queue.purge(before: 5)
    let late = QueueCoordinator(queue)
    for operation in [
      { _ = try await late.records(from: 0, waitingAtMost: .zero) },
      { _ = try await node.append([1], at: 12) },
      { _ = try await node.records(from: 12, waitingAtMost: .seconds(20)) },
    ] as [() async throws -> Void] {
      let error = await #expect(throws: MuddledError.self) { try await operation() }
      #expect(error?.code == .unavailable)
    }
    await node.close()
    await late.close()
  }

  @Test("What somebody else wrote into the queue is told from a record")
  func foreign() async throws {
    let queue = InMemoryQueues().queue(batch: "b")
    try await queue.publish([9, 9, 9])
    let node = QueueCoordinator(queue)
    let error = await #expect(throws: MuddledError.self) { try await node.append([1], at: 0) }
    #expect(error?.message.contains("did not write") == true)
    await node.close()
  }
}

@Suite("QueueLog")
struct QueueLogTests {
  /// Reads entries one after the other, and gives all that they mean.
  private func read(_ entries: [QueueEntry], into log: inout QueueLog) throws -> [QueueLog.Event] {
    try entries.flatMap { entry in
      try log.apply(
        QueueMessage(
          sequence: log.nextSequence, time: .seconds(Int(log.nextSequence)), bytes: entry.encoded))
    }
  }

  @Test("The first complete claim wins, in every order of two claims in three parts")
  func firstCompleteClaimWins() throws {
    let claims = (1...2).map { mark in
      QueueEntry.claims(
        of: 0, with: [UInt8](repeating: UInt8(mark), count: 3), mark: UInt128(mark),
        messageBytes: QueueEntry.claimOverhead + 1)
    }
    #expect(claims.map(\.count) == [3, 3])
    for order in try OrderSpace(stepCounts: [3, 3]).orders {
      var (log, next) = (QueueLog(), [0, 0])
      var entries: [QueueEntry] = []
      for client in order.slots.map(Int.init) {
        // Each part twice, as after a lost connection.
        entries += [claims[client][next[client]], claims[client][next[client]]]
        next[client] += 1
      }
      let events = try read(entries, into: &log)
      // Whoever's last part does not stand last of all has won.
      let winner = order.slots.last == 0 ? 2 : 1
      #expect(events.first == .decided(UInt128(winner), .appended))
      #expect(events.contains(.decided(UInt128(3 - winner), .taken)))
      #expect(log.records(from: 0).map(\.bytes) == [[UInt8](repeating: UInt8(winner), count: 3)])
      #expect(log.end == 1)
    }
  }

  @Test("Every entry comes back from its bytes, and cut-off bytes are refused")
  func coding() throws {
    let cut = QueueCut(
      sequence: 7, position: 3, leasesAt: 9,
      leases: [QueueLease(node: "ä\u{0}", renewed: .nanoseconds(1_234_567_890_123))])
    for entry in [
      .claim(.max, position: 1, part: 2, parts: 3, bytes: [1, 2]), .renewed(1, node: "n"),
      .dropped(2, node: "日"), .asked(3), .trimmed(cut),
    ] as [QueueEntry] {
      let bytes = entry.encoded
      #expect(try QueueEntry(bytes) == entry)
      for count in 0..<bytes.count {
        #expect(throws: MalformedBytes.self) { try QueueEntry(Array(bytes[..<count])) }
      }
    }
  }
}
