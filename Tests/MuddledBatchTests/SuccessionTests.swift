import MuddledCore
import MuddledMariaDB
import MuddledTestKit
import Testing

@Suite(
  "A node that was replaced", .serialized, .timeLimit(.minutes(20)), .sandbox(Meeting.servers))
struct SuccessionTests {
  /// What the server was sent of these statements, each with its connection, in sequence.
  private func sent(
    _ statements: [String], _ meeting: Meeting
  ) async throws -> [(connection: SQLValue, statement: SQLValue)] {
    let list = statements.map { "'\($0)'" }.joined(separator: ", ")
    let results = try await meeting.run([
      "SELECT thread_id, CONVERT(argument USING utf8mb4) FROM mysql.general_log "
        + "WHERE command_type = 'Query' AND argument IN (\(list)) ORDER BY event_time"
    ])
    guard case .rows(let found)? = results.first?.first else { return [] }
    return found.rows.map { ($0[0], $0[1]) }
  }

  @Test(
    "It sends nothing into an order of its successor, even if it only wakes right before it sends it",
    arguments: Standstill.Place.allCases)
  func wakesLate(place: Standstill.Place) async throws {
    try await Meeting.with { meeting in
      try await meeting.untilServerIsOld()
      try await meeting.run([
        "TRUNCATE mysql.general_log", "SET GLOBAL log_output = 'TABLE', general_log = ON",
      ])
      // The second client ends the fourth order and begins the fifth, so that nothing is said in between.
      let (sleeper, passes) = place == .reset ? (0, 2) : (1, 3)
      let scripts = [["SELECT 101", "SELECT 102"], ["SELECT 201", "SELECT 202"]]
      let reset = "DO 0"
      let configurations = scripts.indices.map { index in
        Meeting.configuration("late", scripts, index) {
          $0.lease = .milliseconds(500)
          if place == .reset, index == sleeper { $0.reset = [reset] }
        }
      }
      let watched = scripts[sleeper] + [reset]
      let recorder = Recorder()
      let standstill = Standstill(at: place, after: passes)
      let zombie = Task {
        try await meeting.node(configurations[sleeper], standingStill: standstill)
      }
      let other = Task { try await meeting.node(configurations[1 - sleeper], recorder) }
      while !standstill.hasBegun { try await Task.sleep(for: .milliseconds(1)) }
      let before = try await sent(watched, meeting).count
      while !recorder.notices.contains(where: { $0.contains("is lost") }) {
        try await Task.sleep(for: .milliseconds(1))
      }
      let reached = recorder.orders.count
      let successor = Task { try await meeting.node(configurations[sleeper]) }
      while recorder.orders.count == reached { try await Task.sleep(for: .milliseconds(1)) }
      standstill.end()
      let failure = await #expect(throws: MuddledError.self) { try await zombie.value }
      #expect(failure?.message.contains("the others have given it up") == true, "\(failure as Any)")
      #expect(try await successor.value.isComplete)
      #expect(try await other.value.isComplete)
      try await meeting.run(["SET GLOBAL general_log = OFF"])
      #expect(recorder.orders.map(\.rank) == Array(0..<6))
      // Whatever was sent after the stop came from the successor, over its one or two connections.
      let after = try await sent(watched, meeting).dropFirst(before)
      #expect(after.count == (6 - reached) * (place == .reset ? 3 : 2), "\(after)")
      #expect(Set(after.map(\.connection)).count == (place == .reset ? 2 : 1), "\(after)")
    }
  }
}
