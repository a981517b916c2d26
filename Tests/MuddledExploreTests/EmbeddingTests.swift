import MuddledCore
import MuddledMariaDB
import MuddledSandbox
import MuddledTestKit
import Synchronization
import Testing

@Suite(
  "Exploring from Swift", .serialized, .sandbox(Exploring.servers), .timeLimit(.minutes(20)))
struct EmbeddingTests {
  static let transfer = Scenario("transfer") {
    Setup(
      "CREATE TABLE account (id INT PRIMARY KEY, balance INT)",
      "INSERT INTO account VALUES (1, 100), (2, 0)")
    Client("alice") {
      "BEGIN"
      "SELECT balance FROM account WHERE id = 1"
      "UPDATE account SET balance = 60 WHERE id = 1"
      "COMMIT"
    }
    Client("bob") {
      "BEGIN"
      Step("read", "SELECT balance FROM account WHERE id = 1")
      "UPDATE account SET balance = 70 WHERE id = 1"
      "COMMIT"
    }
    Check("SELECT * FROM account ORDER BY id")
  }

  @Test("A scenario with no more than a setup and a check begins each order from its first state")
  func example() async throws {
    let dsn = try Sandbox.ofTest.mariaDBDSN()
    let transfer = Self.transfer
    let report = try await Explorer(database: .mariaDB(dsn)).explore(transfer)
    #expect(report.orders == 70)
    #expect(report.executions == 50)
    #expect(report.tally.deferredOrders == 20)
    #expect(report.tally.errors == 0)
    #expect(report.outcomes.map(\.orders).reduce(0, +) == 70)
    #expect(Set(report.outcomes.map(\.witness.finalState)) == ["(1, 60) (2, 0)", "(1, 70) (2, 0)"])
    #expect(try await Exploring.leftovers() == [])
  }

  @Test("A report's witnesses give each step's rows by name, and its tokens name their orders")
  func accessors() async throws {
    let dsn = try MariaDBDSN(Sandbox.ofTest.mariaDBDSN())
    let report = try await Explorer(database: .mariaDB(dsn)).explore(Self.transfer)
    for outcome in report.outcomes {
      let run = outcome.witness
      let rows = try #require(run[step: "read"].rows)
      #expect([60, 100].contains(rows[0, "balance"].int))
      #expect(run[step: "alice3"].affected == 1)
      #expect(run[step: "alice3"].error == nil)
      #expect(run.finalRows[0].values(of: "ID").map(\.int) == [1, 2])
      #expect(run.finalRows[0][0, "balance"].double == Double(run.finalRows[0][0, "balance"].int!))
      #expect(run.transcript.contains("starting permutation: "))
      #expect(run.transcript.contains("final: SELECT * FROM account"))
      #expect(outcome.hasDeadlock == false)
      // Alone it comes to the same.
      var options = ExploreOptions()
      options.selection = .token(try Token(run.token.description))
      let replay = try await Explorer(database: .mariaDB(dsn), options: options)
        .explore(Self.transfer)
      #expect(replay.orders == 1)
      #expect(replay.outcomes.map(\.digest) == [outcome.digest])
      #expect(replay.outcomes[0].witness.order == run.order)
    }
  }

  @Test("Events come in sequence, one for each order, also if whoever takes them is slow")
  func events() async throws {
    let dsn = try Sandbox.ofTest.mariaDBDSN()
    var ranks: [UInt128] = []
    var announced: UInt128?
    var last: ExploreSummary?
    let explorer = try Explorer(database: .mariaDB(dsn))
    let report = try await explorer.explore(Self.transfer) { events in
      for await event in events {
        switch event {
        case .started(let start): announced = start.orders
        case .order(let execution):
          ranks.append(execution.rank)
          if ranks.count == 1 { try await Task.sleep(for: .milliseconds(300)) }
        case .explored(let summary): last = summary
        default: break
        }
      }
    }
    #expect(announced == 70)
    #expect(ranks == Array(0..<70))
    #expect(last?.tally.ordersRun == report.tally.ordersRun)
    #expect(try await Exploring.leftovers() == [])
  }

  @Test(
    "Whoever leaves the events ends the run, which did not run far ahead, and gets what there was")
  func leaving() async throws {
    let dsn = try Sandbox.ofTest.mariaDBDSN()
    let explorer = try Explorer(database: .mariaDB(dsn))
    let report = try await explorer.explore(.quick) { events in
      for await event in events {
        guard case .order(let execution) = event else { continue }
        // Time enough for hundreds of orders, if nobody waited for this.
        if execution.rank == 0 { try await Task.sleep(for: .seconds(1)) }
        if execution.rank == 3 { break }
      }
    }
    #expect(report.tally.ordersRun >= 4)
    #expect(report.tally.ordersRun < 100)
    #expect(report.remainingRanks == report.tally.ordersRun..<924)
    #expect(report.failure?.code == .interrupted)
    #expect(try await Exploring.leftovers() == [])

    struct Enough: Error {}
    await #expect(throws: Enough.self) {
      try await explorer.explore(Self.transfer) { events in
        for await event in events { if case .order = event { throw Enough() } }
      }
    }
    #expect(try await Exploring.leftovers() == [])
  }

  @Test("A cancelled task ends its events too, and they tell how far it came")
  func cancelledEvents() async throws {
    let dsn = try Sandbox.ofTest.mariaDBDSN()
    let seen = Mutex<[ExploreSummary]>([])
    let began = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      try await Explorer(database: .mariaDB(dsn)).explore(.slow) { events in
        for await event in events {
          if case .order = event { began.continuation.yield() }
          if case .explored(let summary) = event { seen.withLock { $0.append(summary) } }
        }
      }
    }
    for await _ in began.stream { break }
    task.cancel()
    let error = await #expect(throws: MuddledError.self) { try await task.value }
    #expect(error?.code == .interrupted)
    let summaries = seen.withLock { $0 }
    #expect(summaries.count == 1)
    #expect(summaries.first?.failure?.code == .interrupted)
    #expect(try await Exploring.leftovers() == [])
  }

  @Test("Cancelled at any moment, a run leaves no session and no database on the server")
  func cancelledAtAnyMoment() async throws {
    let dsn = try Sandbox.ofTest.mariaDBDSN()
    var interrupted = 0
    for moment in 0..<16 {
      var options = ExploreOptions()
      options.lanes = moment % 2 == 0 ? 1 : 3
      let task = Task {
        try await Explorer(database: .mariaDB(dsn), options: options).explore(.slow)
      }
      try await Task.sleep(for: .milliseconds(moment * moment / 2))
      task.cancel()
      switch await task.result {
      case .success: Issue.record("the run was not cancelled")
      case .failure(let error as MuddledError):
        #expect(error.code == .interrupted)
        interrupted += 1
      case .failure(is CancellationError): interrupted += 1
      case .failure(let error): Issue.record(error)
      }
      #expect(try await Exploring.leftovers() == [], "cancelled after \(moment * moment / 2) ms")
    }
    #expect(interrupted == 16)
  }

  @Test("A cancelled run leaves no thread behind, on one lane and on several")
  func threads() async {
    // In a process of its own: here, other tests have theirs.
    await #expect(processExitsWith: .success) {
      try await Sandbox.withServers(Exploring.servers) { sandbox in
        let dsn = sandbox.mariaDBDSN()
        @Sendable func cancelled(_ lanes: Int) async throws {
          var options = ExploreOptions()
          options.lanes = lanes
          let chosen = options
          let began = AsyncStream.makeStream(of: Int.self)
          let task = Task {
            try await Explorer(database: .mariaDB(dsn), options: chosen).explore(.slow) { events in
              for await event in events {
                if case .order = event { began.continuation.yield(ProcessThreads.count) }
              }
            }
          }
          var during = 0
          for await count in began.stream {
            during = count
            break
          }
          task.cancel()
          _ = await task.result
          await ProcessThreads.expect(fewerThan: during)
        }
        // Starts what lives as long as the process.
        try await cancelled(2)
        let before = ProcessThreads.count
        for lanes in [1, 2, 4] {
          try await cancelled(lanes)
          await ProcessThreads.expect(fewerThan: before + 1)
        }
      }
    }
  }
}

extension Scenario {
  /// Many orders, each of which takes a millisecond or less.
  fileprivate static let quick = Scenario("quick") {
    for name in ["a", "b"] {
      Client(name) { for number in 1...6 { "SELECT \(number)" } }
    }
  }

  /// Many orders, each of which takes some milliseconds.
  fileprivate static let slow = Scenario("slow") {
    Setup("CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1)")
    Reset("DELETE FROM t", "INSERT INTO t VALUES (1)")
    for name in ["a", "b"] {
      Client(name) {
        "BEGIN"
        "SELECT SLEEP(0.005)"
        for _ in 0..<6 { "UPDATE t SET n = n + 1" }
        "COMMIT"
      }
    }
  }
}
