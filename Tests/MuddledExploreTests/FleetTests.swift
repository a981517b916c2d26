import MuddledCore
import MuddledTestKit
import Testing

@Suite(
  "An exploration that workers share", .serialized, .timeLimit(.minutes(20)),
  .sandbox(Exploring.servers))
struct FleetTests {
  /// Explores as one worker of a fleet.
  @inline(never)
  private static func work(
    _ scenario: Scenario, in store: InProcessStore, batch: String = "fleet",
    _ recorder: ExploreRecorder? = nil, _ change: (inout ExploreOptions) -> Void = { _ in }
  ) async throws -> (summary: ExploreSummary, ranks: [UInt128]) {
    let recorder = recorder ?? ExploreRecorder(scenario)
    var options = ExploreOptions()
    change(&options)
    let explorer = Explorer(
      database: try Exploring.database(), options: options, reporters: [recorder])
    let fleet = Fleet(try store.coordinator(batch: batch), batch: batch, lease: .seconds(2))
    let summary = try await explorer.explore(scenario, with: fleet)
    return (summary, recorder.orders.map(\.rank))
  }

  /// All that a merged summary must have in common with that of one worker.
  private static func figures(_ summary: ExploreSummary) -> [String] {
    let tally = summary.tally
    return tally.outcomes.map {
      "\($0.digest) \($0.orders) \($0.executions) \($0.marks) \($0.witness.rank) \(summary.token(of: $0.witness))"
    } + [
      "\(summary.orders) \(summary.executions) \(summary.nondeterminism.count)",
      "\(tally.ordersRun) \(tally.executions) \(tally.statements) \(tally.deferredOrders)",
      "\(tally.lockWaits) \(tally.deadlocks) \(tally.errors) \(tally.cancelled)",
    ]
      + summary.violations.flatMap { violation in
        violation.places.map {
          "\(violation.assertion) \($0.executions) \($0.orders) \($0.witness.rank)"
        }
      }
  }

  @Test(
    "Eight workers find what one finds, and no order is lost or run twice",
    arguments: [false, true])
  func merged(isDistinct: Bool) async throws {
    let scenario = try Scenario.accounts([
      Scenario.transfer(from: 1, to: 2), Scenario.transfer(from: 2, to: 1),
    ]) {
      $0.assertions = ["SELECT COUNT(*) = 0 FROM account WHERE id = 1 AND balance < 100"]
    }
    let alone = try await Exploring.run(scenario)
    #expect(alone.summary.violations.isEmpty == false && alone.summary.tally.deadlocks > 0)
    let store = InProcessStore()
    let found = try await withThrowingTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          try await Self.work(scenario, in: store) { $0.isDistinct = isDistinct }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for worker in found where !isDistinct {
      #expect(Self.figures(worker.summary) == Self.figures(alone.summary))
    }
    for worker in found {
      #expect(worker.summary.table == alone.summary.table)
      #expect(worker.summary.executions == alone.summary.executions)
      #expect(worker.summary.remarks.contains { $0.hasPrefix("8 workers took part") })
    }
    if !isDistinct { #expect(found.flatMap(\.ranks).sorted() == Array(0..<70)) }
    #expect(found.count { !$0.ranks.isEmpty } > 1)
    #expect(try await Exploring.leftovers() == [])
  }

  @Test("A worker that is stopped leaves its part to the others")
  func stopped() async throws {
    let steps = ["SELECT SLEEP(0.004)", "SELECT 1", "SELECT 2", "SELECT 3"]
    let scenario = try Scenario.accounts([steps, steps])
    let store = InProcessStore()
    let recorder = ExploreRecorder(scenario)
    let stopped = Task { try await Self.work(scenario, in: store, recorder) }
    while recorder.orders.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
    async let other = Self.work(scenario, in: store)
    stopped.cancel()
    let error = await #expect(throws: MuddledError.self) { try await stopped.value }
    #expect(error?.code == .interrupted)
    let summary = try await other.summary
    #expect(summary.tally.ordersRun == 70)
    #expect(try await Exploring.leftovers() == [])
  }

  @Test(
    "A worker that would find something else in a part of the orders is refused, and reports nothing",
    arguments: [
      { $0.checks = ["SELECT 0"] }, { $0.checks = [] }, { $0.assertions = ["SELECT 1"] },
      { $0.reset = SQLBlock("REPLACE INTO account VALUES (1, 0), (2, 0)") },
      { $0.sessions[1].steps.removeLast() },
      {
        $0.sessions.append($0.sessions[0]); $0.sessions[2].name = "c";
        $0.sessions[2].steps[0].name = "c1"
      },
    ] as [@Sendable (inout Scenario) -> Void])
  func different(change: @Sendable (inout Scenario) -> Void) async throws {
    let store = InProcessStore()
    // The first chunk is found, and gives an outcome, when the other comes.
    let scenario = try Scenario.accounts([
      ["SELECT 1"], ["SELECT SLEEP(0.2)", "SELECT 2", "SELECT 3"],
    ])
    let recorder = ExploreRecorder(scenario)
    async let first = Self.work(scenario, in: store, recorder)
    while recorder.orders.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
    var other = scenario
    change(&other)
    let otherRecorder = ExploreRecorder(other)
    let error = await #expect(throws: MuddledError.self) {
      try await Self.work(other, in: store, otherRecorder)
    }
    #expect(error?.code == .usage)
    #expect(error?.message.contains("give every worker the same") == true)
    #expect(otherRecorder.summary == nil && otherRecorder.orders.isEmpty)
    #expect(try await first.summary.tally.ordersRun == 4)
  }

  @Test("A worker with another scenario, or after the end, is refused by name")
  func refused() async throws {
    let store = InProcessStore()
    let scenario = try Scenario.accounts([["SELECT 1"], ["SELECT SLEEP(0.5)", "SELECT 2"]])
    let recorder = ExploreRecorder(scenario)
    async let first = Self.work(scenario, in: store, recorder)
    while recorder.orders.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
    let other = try Scenario.accounts([["SELECT 1"], ["SELECT 2"]])
    let error = await #expect(throws: MuddledError.self) {
      try await Self.work(other, in: store)
    }
    #expect(
      error?.message.contains("explores 3 orders of test, and this is about 2 orders of test")
        == true)
    _ = try await first
    let late = await #expect(throws: MuddledError.self) { try await Self.work(scenario, in: store) }
    #expect(late?.message.contains("was explored to its end") == true)
    let shared = try Scenario.of("session a\nstep s { UPDATE mysql.x SET a = 1 }\n")
    #expect(recorder.summary?.tally.ordersRun == 3)
    let obstacle = await #expect(throws: MuddledError.self) {
      try await Self.work(shared, in: store, batch: "other")
    }
    #expect(obstacle?.message.contains("cannot be shared by workers") == true)
  }
}
