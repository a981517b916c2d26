import MuddledCore
import MuddledTestKit
import Synchronization
import Testing

@Suite(
  "What can go wrong in an exploration", .serialized, .timeLimit(.minutes(20)),
  .sandbox(Exploring.servers))
struct FaultTests {
  @Test("A session that is killed in the middle: its order is run again whole, and counted once")
  func killed() async throws {
    let scenario = try Scenario.accounts([
      [
        "BEGIN", "UPDATE account SET balance = balance + 1 WHERE id = 1", "SELECT SLEEP(0.2)",
        "COMMIT",
      ],
      ["SELECT 1"],
    ])
    async let run = Exploring.run(scenario)
    var killed = 0
    while killed < 2 {
      let sleepers = try await Exploring.rows(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'")
      for sleeper in sleepers {
        _ = try? await Exploring.rows("KILL CONNECTION \(sleeper[0])")
        killed += 1
      }
      // Not the same order again and again: that would use its attempts up.
      try await Task.sleep(for: .milliseconds(sleepers.isEmpty ? 5 : 300))
    }
    let (summary, orders, _) = try await run
    #expect(orders.map(\.rank) == Array(0..<5))
    #expect(summary.abandonedOrders == 2)
    #expect(summary.tally.ordersRun == 5)
    #expect(orders.allSatisfy { $0.final == "101;200" })
    #expect(try await Exploring.leftovers() == [])
  }

  @Test(
    "Explorations side by side on one server do not take each other's databases, made anew for each order"
  )
  func sideBySide() async throws {
    let scenario = try Scenario.of(
      """
      setup { CREATE TABLE t (a INT); }
      session a
      step a1 { INSERT INTO t VALUES (1) }
      step a2 { SELECT * FROM t }
      session b
      step b1 { INSERT INTO t VALUES (2) }
      step b2 { SELECT * FROM t }
      """)
    try await withThrowingTaskGroup(of: ExploreSummary.self) { group in
      for _ in 0..<4 {
        group.addTask { try await Exploring.run(scenario) { $0.lanes = 2 }.summary }
      }
      for try await summary in group { #expect(summary.tally.ordersRun == 6) }
    }
    #expect(try await Exploring.leftovers() == [])
  }

  @Test("A session that breaks each time ends the run, after as many attempts as allowed")
  func alwaysKilled() async throws {
    let scenario = try Scenario.accounts([["KILL CONNECTION_ID()"], ["SELECT 1"]])
    let recorder = ExploreRecorder(scenario)
    let error = await #expect(throws: MuddledError.self) {
      try await Exploring.run(scenario, recorder) { $0.limits.attempts = 2 }
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("2 times") == true)
    #expect(recorder.orders.isEmpty)
    #expect(recorder.summary?.abandonedOrders == 2)
    #expect(recorder.summary?.remainingRanks == 0..<2)
    #expect(try await Exploring.leftovers() == [])
  }

  @Test(
    "A reset that fails after an order: that order is reported, and the server's words are told",
    arguments: [1, 2])
  func failingReset(lanes: Int) async throws {
    let scenario = try Scenario.accounts([
      [
        "UPDATE account SET balance = 1",
        "ALTER TABLE account ADD CONSTRAINT poor CHECK (balance < 150)",
      ],
      ["SELECT 1"],
    ])
    let recorder = ExploreRecorder(scenario)
    let error = await #expect(throws: MuddledError.self) {
      try await Exploring.run(scenario, recorder) { $0.lanes = lanes }
    }
    #expect(error?.code == .unusableInput)
    #expect(error?.message.contains("REPLACE INTO account") == true)
    #expect(error?.message.contains("`poor` failed") == true, "\(error?.message ?? "")")
    #expect(recorder.orders.first?.rank == 0)
    #expect(try await Exploring.leftovers() == [])
  }

  @Test(
    "Cancelling the task: the summary says what is left, and nothing is left on the server",
    arguments: [(1, false), (4, false), (2, true)])
  func interrupted(lanes: Int, distinct: Bool) async throws {
    let steps = ["SELECT SLEEP(0.002)", "SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4"]
    let scenario = try Scenario.accounts([steps, steps])
    let task = Mutex<Task<Void, any Error>?>(nil)
    let recorder = ExploreRecorder(scenario) { count in
      if count == 20 { task.withLock { $0?.cancel() } }
    }
    let sandboxed = Task {
      try await Exploring.run(scenario, recorder) {
        $0.lanes = lanes
        $0.isDistinct = distinct
      }
    }
    let running = Task {
      _ = try await withTaskCancellationHandler {
        try await sandboxed.value
      } onCancel: {
        sandboxed.cancel()
      }
    }
    task.withLock { $0 = running }
    // In distinct mode nothing is reported before the end.
    if distinct {
      try await Task.sleep(for: .milliseconds(150))
      running.cancel()
    }
    let error = await #expect(throws: MuddledError.self) { try await running.value }
    #expect(error?.code == .interrupted)
    let summary = try #require(recorder.summary)
    let ran = summary.tally.ordersRun
    #expect(ran > 0 && ran < 252)
    #expect(summary.remainingRanks == ran..<252)
    #expect(summary.failure?.code == .interrupted)
    #expect(summary.text(width: 100).contains("to go on: --ranks \(ran)..251"))
    #expect(recorder.orders.map { $0.standsFor ?? 1 }.reduce(0, +) == ran)
    #expect(try await Exploring.leftovers() == [])
    let rest = try await Exploring.run(scenario) { $0.selection = .ranks(ran..<252) }
    #expect(rest.orders.count == Int(252 - ran))
  }

  @Test("A setup that fails is shown with the server's words, and leaves nothing behind")
  func setupFails() async throws {
    let specs = [
      "setup { CREATE TABLE t (n INT); INSERT INTO nowhere VALUES (1); }\nsession a step a1 { SELECT 1; }",
      "session a setup { SELECT * FROM nowhere; } step a1 { SELECT 1; }",
    ]
    for spec in specs {
      let scenario = try Scenario.of(spec)
      let error = await #expect(throws: MuddledError.self) { try await Exploring.run(scenario) }
      #expect(error?.code == .unusableInput)
      #expect(error?.message.contains("nowhere' doesn't exist") == true)
      #expect(error?.message.contains("1146") == true)
      #expect(try await Exploring.leftovers() == [])
    }
  }

  @Test("A reset or a teardown that fails ends the run with the server's words")
  func resetFails() async throws {
    for change in [\Scenario.reset, \Scenario.teardown] {
      let scenario = try Scenario.accounts([["SELECT 1"]], reset: false) {
        $0[keyPath: change] = SQLBlock("DELETE FROM nowhere")
      }
      let error = await #expect(throws: MuddledError.self) { try await Exploring.run(scenario) }
      #expect(error?.code == .unusableInput)
      #expect(error?.message.contains("nowhere' doesn't exist") == true)
      #expect(try await Exploring.leftovers() == [])
    }
  }

  @Test(
    "The same steps with another effect are reported as nondeterminism, by name, also when distinct"
  )
  func nondeterminism() async throws {
    let scenario = try Scenario.of(
      """
      setup { CREATE TABLE t (n INT) ENGINE=InnoDB; }
      teardown { DROP TABLE t; }
      session a
      step a1 { SELECT 1; }
      step a2 { SELECT UUID(); }
      session b
      step b1 { SELECT 2; }
      """
    )
    let (summary, orders, _) = try await Exploring.run(scenario)
    #expect(orders.count == 3)
    #expect(summary.nondeterminism.isEmpty, "no two orders begin with a2 behind the same steps")
    let longer = try Scenario.of(
      """
      session a
      step a1 { SELECT UUID(); }
      step a2 { SELECT 1; }
      session b
      step b1 { SELECT 2; }
      """
    )
    let surprised = try await Exploring.run(longer).summary
    #expect(surprised.nondeterminism.map(\.dispatched) == [[Slot(client: 0, step: 0)]])
    #expect(surprised.text(width: 100).contains("nondeterminism: after the same steps, a1 did"))
  }

  @Test("Lanes are refused where orders side by side would meet, and one lane is not")
  func obstacle() async throws {
    let scenario = try Scenario.accounts([["SELECT GET_LOCK('x', 0)"], ["SELECT 1"]])
    let error = await #expect(throws: MuddledError.self) {
      try await Exploring.run(scenario) { $0.lanes = 2 }
    }
    #expect(error?.code == .usage)
    #expect(error?.message.contains("step \"a1\" uses user locks (GET_LOCK)") == true)
    #expect(try await Exploring.leftovers() == [])
    #expect(try await Exploring.run(scenario).orders.count == 2)
    #expect(try Explorer.gainfulLanes(for: scenario, .all) == 1)
  }

  @Test("Few orders get one lane, many more than one, and never more than eight")
  func gainfulLanes() throws {
    func lanes(_ steps: Int) throws -> Int {
      let client = Array(repeating: "SELECT 1", count: steps)
      return try Explorer.gainfulLanes(for: .accounts([client, client]), .all)
    }
    #expect(try lanes(4) == 1)
    #expect((2...8).contains(try lanes(9)))
  }
}
