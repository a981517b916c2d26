import MuddledCore
import MuddledTestKit
import Testing

@Suite("Whom a step waits for, as muddled explore and replay tell it", .timeLimit(.minutes(20)))
struct ExploreWaitsTests {
  /// A transaction of `a`, and two statements that queue behind it.
  private static let queue = """
    setup { CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1); }
    teardown { DROP TABLE t; }
    session a
    step a1 { BEGIN; }
    step a2 { UPDATE t SET n = n + 1; }
    step a3 { COMMIT; }
    session b
    step b1 { UPDATE t SET n = n * 10; }
    session c
    step c1 { UPDATE t SET n = n * 2; }

    """

  @Test("Events name the clients, and replay shows them step by step")
  func queue() async throws {
    try await ExploreStage.with { stage in
      let path = try stage.file("queue.spec", Self.queue)
      let events = stage.path("events.jsonl")
      let run = try await stage.muddled(
        ["explore", path, "-q", "--order", "a1 a2 b1 c1 a3", "--events", events])
      #expect(run.status == .exited(0), "\(run.errors)")
      let file = try EventFile(path: events)
      let steps = try #require(file.orders.first?["steps"]).elements
      #expect(steps.map { $0["blocked"] == .bool(true) } == [false, false, true, true, false])
      #expect(steps[0]["waits_for"] == nil)
      #expect(steps[2]["waits_for"]?.elements == [.string("a")])
      #expect(steps[2]["woken_after"] == nil)
      #expect(steps[3]["waits_for"]?.elements == [.string("a"), .string("b")])
      #expect(steps[3]["woken_after"]?.elements == [.string("b")])
      #expect(steps[3]["waits_for_connections"] == nil)
      #expect(steps[3]["assumed"] == nil)
      #expect((steps[3]["found_microseconds"]?.int ?? -1) > 0)
      let outcome = try #require(file.summaries.first?["outcomes"]?.elements.first)
      #expect(outcome["marks"]?.elements == [])
      guard case .string(let token)? = outcome["token"] else {
        Issue.record("the outcome has no token")
        return
      }
      let replayed = try await stage.muddled(["replay", token, path])
      #expect(replayed.status == .exited(0), "\(replayed.errors)")
      #expect(
        replayed.output.contains("step b1: UPDATE t SET n = n * 10; <waiting ...>\n  waits for a\n")
      )
      #expect(replayed.output.contains("<waiting ...>\n  waits for a, b; wakes after b\n"))
    }
  }

  @Test("A wait that is only assumed is marked, and names nobody")
  func assumed() async throws {
    try await ExploreStage.with { stage in
      for sql in [
        "CREATE USER plain@localhost", "GRANT ALL ON client_test.* TO plain@localhost",
        "GRANT ALL ON `muddled_lane_%`.* TO plain@localhost",
      ] { _ = try await stage.sandbox.query(sql) }
      let path = try stage.file("queue.spec", Self.queue)
      let events = stage.path("events.jsonl")
      let dsn = stage.sandbox.mariaDBDSN().replacing("root", with: "plain", maxReplacements: 1)
      let run = try await stage.muddled(
        [
          "explore", path, "-q", "--order", "a1 a2 b1 c1 a3", "--events", events, "--db", dsn,
          "--assume-blocked-ms", "50",
        ])
      #expect(run.status == .exited(0), "\(run.errors)")
      #expect(run.output.contains("(assumed wait)"))
      let file = try EventFile(path: events)
      let steps = try #require(file.orders.first?["steps"]).elements
      #expect(steps[2]["waits_for"]?.elements == [])
      #expect(steps[2]["assumed"] == .bool(true))
      #expect(
        file.summaries.first?["outcomes"]?.elements.first?["marks"]?.elements
          == [.string("assumed wait")])
    }
  }
}
