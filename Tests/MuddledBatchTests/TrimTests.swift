import MuddledTestKit
import Testing

@testable import MuddledCore

@Suite(
  "Trimming the log of a batch", .serialized, .timeLimit(.minutes(20)), .sandbox(Meeting.servers))
struct TrimTests {
  /// What the log says from a position on.
  private func state(_ records: [LogRecord], from position: UInt64) throws -> BatchState {
    var state = BatchState()
    var framing = RecordFraming()
    for record in records where record.position >= position {
      guard let message = try framing.add(record) else { continue }
      _ = state.apply(try BatchRecord(decoding: message.payload))
    }
    return state
  }

  @Test(
    "What is left of the log tells the same, also if a node was lost while its snapshot was under way",
    arguments: [false, true])
  func lossBeforeSnapshot(isBack: Bool) async throws {
    try await Meeting.with { meeting in
      // Never the same, and so long that each order begins with a snapshot.
      let scripts = [["SELECT CONCAT(UUID(), REPEAT('x', 70000))"], ["SELECT 1", "SELECT 2"]]
      let configurations = scripts.indices.map { index in
        Meeting.configuration("snapshot", scripts, index) { $0.reset = ["DO 1"] }
      }
      let log = try meeting.coordinator(batch: "snapshot")
      let loss = LossBeforeSnapshot(log, victim: "2", victimIsBack: isBack)
      async let opener = meeting.node(configurations[0]) { _ in loss }
      let failure = await #expect(throws: MuddledError.self) {
        try await meeting.node(configurations[1]) { _ in loss }
      }
      #expect(failure?.message.contains("the others have given it up") == true)
      try await meeting.node(configurations[1]) { _ in loss }
      _ = try await opener
      let records = try await log.records(from: 0, waitingAtMost: .zero)
      let whole = try state(records, from: 0)
      #expect(whole.nodes.map(\.incarnation) == [1, 2])
      let ends = try #require(records.last).position
      let trims = loss.trims.filter { $0 < ends }
      #expect(!trims.isEmpty)
      for position in trims {
        let rest = try state(records, from: position)
        #expect(rest.nodes == whole.nodes, "from \(position)")
        #expect(rest.rank == whole.rank, "from \(position)")
      }
    }
  }
}
