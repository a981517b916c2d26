import MuddledCore
import MuddledMariaDB
import MuddledTestKit
import Testing

@Suite("Lock waits in a batch", .serialized, .timeLimit(.minutes(20)), .sandbox(Meeting.servers))
struct LockTests {
  @Test(
    "Two clients on one row: all 70 orders, waits by the server's word, the same story twice",
    arguments: StoreKind.allCases)
  func contended(kind: StoreKind) async throws {
    try await Meeting.with(kind, setup: Account.setup) { meeting in
      var stories: [[Story]] = []
      for batch in ["first", "second"] {
        let recorders = try await meeting.batch(batch, [Account.update, Account.update]) {
          $0.reset = Account.reset
          $0.checks = Account.checks
        }
        let summary = try #require(recorders[0].summary)
        #expect(summary.isComplete)
        #expect(summary.orders == 70)
        #expect(summary.statements == 560)
        #expect(summary.lockWaits == 40)
        #expect(summary.deferredOrders == 20)
        #expect(summary.cancelled == 0)
        #expect(summary.errors == 0)
        #expect(summary.remarks.isEmpty)
        #expect(recorders.map { $0.orders.map(\.rank) } == [Array(0..<70), Array(0..<70)])
        #expect(recorders[0].orders.map(Story.init) == recorders[1].orders.map(Story.init))
        stories.append(recorders[0].orders.map(Story.init))
      }
      #expect(stories[0] == stories[1])
    }
  }

  @Test("A deadlock ends, and its victim's error is a result", arguments: StoreKind.allCases)
  func deadlock(kind: StoreKind) async throws {
    try await Meeting.with(kind, setup: Account.setup) { meeting in
      let scripts = [Account.transfer(from: 1, to: 2), Account.transfer(from: 2, to: 1)]
      var stories: [[Story]] = []
      for batch in ["first", "second"] {
        let recorders = try await meeting.batch(batch, scripts) { $0.reset = Account.reset }
        let summary = try #require(recorders[1].summary)
        #expect(summary.isComplete)
        #expect(summary.deadlocks > 0)
        #expect(summary.cancelled == 0)
        stories.append(recorders[0].orders.map(Story.init))
      }
      #expect(stories[0] == stories[1])
    }
  }

  @Test("A queue of three on one row keeps its story")
  func queue() async throws {
    try await Meeting.with(setup: Account.setup) { meeting in
      let update = ["BEGIN", "UPDATE account SET balance = balance + 1 WHERE id = 1", "COMMIT"]
      var stories: [[Story]] = []
      for batch in ["first", "second"] {
        let recorders = try await meeting.batch(batch, [update, update, [update[1]]]) {
          $0.reset = Account.reset
        }
        #expect(recorders[0].summary?.orders == 140)
        #expect(recorders[0].summary?.cancelled == 0)
        stories.append(recorders[2].orders.map(Story.init))
      }
      #expect(stories[0] == stories[1])
    }
  }

  @Test("Waits for metadata locks and for user locks are seen too")
  func otherLocks() async throws {
    try await Meeting.with(setup: Account.setup) { meeting in
      let metadata = try await meeting.batch(
        "metadata",
        [
          ["BEGIN", "SELECT * FROM account", "COMMIT"],
          ["ALTER TABLE account COMMENT 'altered'"],
        ])
      #expect(metadata[0].summary?.lockWaits == 1)
      #expect(metadata[0].summary?.cancelled == 0)
      let user = try await meeting.batch(
        "user",
        [
          ["SELECT GET_LOCK('door', 10)", "SELECT RELEASE_LOCK('door')"],
          ["SELECT GET_LOCK('door', 10)", "SELECT RELEASE_LOCK('door')"],
        ])
      #expect(user[0].summary?.lockWaits == 4)
      #expect(user[0].summary?.remarks.map { $0.contains("no reset file") } == [true])
    }
  }

  @Test("Whoever waits for a lock that nobody will release is cancelled after stall_ms")
  func stall() async throws {
    try await Meeting.with(setup: Account.setup) { meeting in
      let recorders = try await meeting.batch(
        "stall", [["SELECT GET_LOCK('door', 100)"], ["SELECT GET_LOCK('door', 100)"]]
      ) { $0.stallTimeout = .milliseconds(100) }
      let orders = recorders[0].orders
      #expect(orders.count == 2)
      for order in orders {
        #expect(order.steps.map(\.wasBlocked) == [false, true])
        #expect(order.steps.map(\.results)[1] == [.cancelled])
        #expect(order.steps[1].microseconds >= 100_000)
      }
      #expect(recorders[1].summary?.cancelled == 2)
    }
  }

  @Test("A statement that waits for no lock is cancelled after step_ms")
  func longStatement() async throws {
    try await Meeting.with { meeting in
      let recorders = try await meeting.batch(
        "long", [["SELECT BENCHMARK(1e12, 1)"], ["SELECT 1"]]
      ) {
        $0.stepTimeout = .seconds(1)
      }
      #expect(recorders[0].summary?.cancelled == 2)
      #expect(recorders[0].summary?.lockWaits == 0)
    }
  }

  @Test("An account that may not ask has its waits assumed, and the summary says so")
  func assumed() async throws {
    let setup = Account.setup + ["CREATE USER plain IDENTIFIED BY 'p@ss:w/rd'"]
    try await Meeting.with(setup: setup) { meeting in
      try await meeting.run(["GRANT ALL ON \(meeting.database).* TO plain"])
      let scripts = [
        ["BEGIN", "UPDATE account SET balance = 1 WHERE id = 1", "COMMIT"],
        ["UPDATE account SET balance = 2 WHERE id = 1"],
      ]
      let recorders = [Recorder(), Recorder()]
      var dsn = try meeting.dsn
      dsn.user = "plain"
      dsn.password = "p@ss:w/rd"
      let login = dsn
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in scripts.indices {
          let configuration = Meeting.configuration("assumed", scripts, index) {
            // Longer than a starved machine needs for a statement that does not wait.
            $0.assumeBlockedTimeout = .seconds(1)
            $0.reset = ["DO 0"]
          }
          group.addTask { try await meeting.node(configuration, recorders[index], dsn: login) }
        }
        try await group.waitForAll()
      }
      let summary = try #require(recorders[1].summary)
      #expect(summary.lockWaits == 1)
      #expect(summary.remarks.count == 1)
      #expect(summary.remarks.first?.contains("assume_blocked_ms") == true)
      #expect(summary.remarks.first?.contains("PROCESS") == true)
      #expect(summary.text(width: 100).contains("were assumed"))
    }
  }
}
