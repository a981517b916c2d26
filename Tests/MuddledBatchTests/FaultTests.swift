import MuddledCore
import MuddledMariaDB
import MuddledTestKit
import Testing

@Suite("Faults in a batch", .serialized, .timeLimit(.minutes(20)), .sandbox(Meeting.servers))
struct FaultTests {
  @Test("A statement that fails is a result, and the batch goes on")
  func failingStatement() async throws {
    try await Meeting.with { meeting in
      let recorders = try await meeting.batch(
        "failing", [["SELECT * FROM missing", "SELECT 1"], ["SELEC 2"]])
      let summary = try #require(recorders[0].summary)
      #expect(summary.isComplete)
      #expect(summary.errors == 6)
      guard case .error(let error)? = recorders[1].orders[0].steps[0].results.first else {
        Issue.record("no error was reported")
        return
      }
      #expect(error.code == 1146)
      #expect(error.sqlstate == "42S02")
      #expect(error.message.contains("missing"))
    }
  }

  @Test("A broken session has its order run again whole, from its reset")
  func brokenSession() async throws {
    let setup = Account.setup + ["CREATE TABLE pause AS SELECT 60 AS seconds"]
    try await Meeting.with(setup: setup) { meeting in
      let scripts = [
        [
          "UPDATE account SET balance = balance + 1 WHERE id = 1",
          "SELECT SLEEP(seconds) FROM pause",
        ],
        ["UPDATE account SET balance = balance + 1 WHERE id = 1"],
      ]
      async let run = meeting.batch("broken", scripts) {
        $0.reset = Account.reset
        $0.checks = Account.checks
      }
      let sleeper = try await meeting.sleeper()
      try await meeting.run(["UPDATE pause SET seconds = 0", "KILL \(sleeper)"])
      let recorders = try await run
      for recorder in recorders {
        #expect(recorder.orders.map(\.rank) == [0, 1, 2])
        #expect(recorder.summary?.abandonedOrders == 1)
        // Each order begins with the reset, so that each ends with the same balance.
        #expect(Set(recorder.orders.map { $0.checks.map(\.results) }).count == 1)
      }
    }
  }

  @Test("The log is not trimmed before a node has read it that is done early and reads late")
  func lateReader() async throws {
    try await Meeting.with { meeting in
      // Never the same, and so long that each order begins with a snapshot.
      let long = "SELECT CONCAT(UUID(), REPEAT('x', 70000))"
      let scripts = [[long, long], ["SELECT 1", "SELECT 2"], ["SELECT 3"]]
      let recorders = scripts.map { _ in Recorder() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, recorder) in recorders.enumerated() {
          let configuration = Meeting.configuration("late", scripts, index) {
            $0.reset = ["DO 1"]
            $0.rejoinTimeout = .seconds(1)
          }
          let delay = Duration.milliseconds(index == 2 ? 100 : 0)
          group.addTask {
            try await meeting.node(configuration, recorder) {
              LateReader(coordinator: $0, delay: delay)
            }
          }
        }
        try await group.waitForAll()
      }
      for recorder in recorders { #expect(recorder.orders.map(\.rank) == Array(0..<30)) }
    }
  }

  @Test("A session that breaks every time ends the batch after a few tries")
  func suicidal() async throws {
    try await Meeting.with { meeting in
      let scripts = [["KILL CONNECTION_ID()"], ["SELECT 1"]]
      let failure = await #expect(throws: MuddledError.self) {
        _ = try await meeting.batch("suicidal", scripts)
      }
      #expect(failure?.code == .unavailable)
    }
  }

  @Test("A server that goes away in mid-batch ends it, and the summary says how far it came")
  func serverGone() async throws {
    try await Meeting.with { meeting in
      let scripts = [["SELECT SLEEP(0.05)", "SELECT 1"], ["SELECT 1", "SELECT 2"]]
      let recorders = [Recorder(), Recorder()]
      let tasks = scripts.indices.map { index in
        Task { [scripts] in
          try await meeting.node(Meeting.configuration("gone", scripts, index), recorders[index])
        }
      }
      while recorders[0].orders.count < 2 { try await Task.sleep(for: .milliseconds(10)) }
      await meeting.sandbox.killMariaDB()
      for (task, recorder) in zip(tasks, recorders) {
        guard case .failure(let error as MuddledError) = await task.result else {
          Issue.record("the batch came to an end without a server")
          continue
        }
        #expect(error.code == .unavailable)
        let summary = try #require(recorder.summary)
        #expect(summary.ordersRun >= 2 && summary.ordersRun < 6)
        #expect(summary.text(width: 100).contains("\(summary.ordersRun) run of 6"))
      }
    }
  }

  @Test("A reset that fails ends the batch before its first order, in the server's words")
  func failingReset() async throws {
    try await Meeting.with { meeting in
      let scripts = [["SELECT 1"], ["SELECT 2"]]
      let results = await withTaskGroup(of: Result<BatchSummary, any Error>.self) { group in
        for index in scripts.indices {
          let configuration = Meeting.configuration("reset", scripts, index) {
            if index == 0 { $0.reset = ["DO 1", "TRUNCATE missing"] }
          }
          group.addTask {
            do { return .success(try await meeting.node(configuration)) } catch {
              return .failure(error)
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      let codes = results.map { result -> MuddledError.Code? in
        if case .failure(let error as MuddledError) = result {
          #expect(error.message.contains("statement 2 of the reset failed"))
          return error.code
        }
        return nil
      }
      #expect(Set(codes) == [.unusableInput, .unavailable])
    }
  }

  @Test("A reset that loses its connection every time ends the batch after a while")
  func suicidalReset() async throws {
    try await Meeting.with { meeting in
      let failure = await #expect(throws: MuddledError.self) {
        _ = try await meeting.batch("killing", [["SELECT 1"], ["SELECT 2"]]) {
          $0.reset = ["KILL CONNECTION_ID()"]
        }
      }
      #expect(failure?.code == .unavailable)
      #expect(failure?.message.contains("the database under test went away") == true)
    }
  }

  @Test("Statements of many megabytes go through every coordinator", arguments: StoreKind.allCases)
  func longStatements(kind: StoreKind) async throws {
    try await Meeting.with(kind) { meeting in
      let long = "SELECT LENGTH('" + String(repeating: "x", count: 3 << 20) + "')"
      let recorders = try await meeting.batch("long", [[long, "SELECT 1"], ["SELECT 2"]])
      #expect(recorders[1].orders.count == 3)
      #expect(recorders[1].orders[0].steps[0].sql == long)
    }
  }

  @Test("Results too large to keep still tell outcomes apart")
  func largeResults() async throws {
    try await Meeting.with(setup: Account.setup) { meeting in
      let large = "SELECT balance, REPEAT('x', 1500000) FROM account WHERE id = 1"
      let recorders = try await meeting.batch(
        "large", [[large], ["UPDATE account SET balance = 101 WHERE id = 1"]]
      ) { $0.reset = Account.reset }
      let orders = recorders[1].orders
      #expect(orders.count == 2)
      #expect(orders[0].outcome != orders[1].outcome)
      guard case .rows(let rows)? = orders[0].steps[0].results.first else {
        Issue.record("no rows were reported")
        return
      }
      #expect(rows.rows.isEmpty && rows.count == 1 && rows.digest != nil)
    }
  }
}
