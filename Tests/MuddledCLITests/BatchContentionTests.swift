import Testing

@Suite("Batches under contention, by the built program", .timeLimit(.minutes(20)))
struct BatchContentionTests {
  private static let table = "CREATE TABLE account (id INT PRIMARY KEY, balance INT) ENGINE=InnoDB;"
  private static let update = [
    "BEGIN", "SELECT balance FROM account WHERE id = 1",
    "UPDATE account SET balance = balance + 1 WHERE id = 1", "COMMIT",
  ]

  /// The tables of a config file that name a reset and a check file.
  private func files(_ stage: BatchStage, check: String = "") -> String {
    let reset = stage.file(
      "reset.sql", "DELETE FROM account; INSERT INTO account VALUES (1, 100), (2, 200);")
    let checks = stage.file("check.sql", "SELECT * FROM account ORDER BY id; \(check)")
    return "reset.fpath = '\(reset)'\ncheck.fpath = '\(checks)'"
  }

  @Test(
    "Two clients on one row run all 70 orders, twice with the same events",
    arguments: StoreKind.allCases)
  func sameRow(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind, setup: Self.table) { stage in
      let files = files(stage)
      // The node without the files must get by with the other's.
      let configs = [
        stage.config("one", Self.update, files), stage.config("two", Self.update),
      ]
      var stories: [EventFile] = []
      for batch in ["first", "second"] {
        let before = try stage.log().entries.count
        for ending in try await stage.run(batch: batch, configs: configs, kind: kind) {
          #expect(ending.code == 0, "\(ending.errors)")
          #expect(ending.output.contains("orders      70 run of 70"), "\(ending.output)")
        }
        for node in [1, 2] { stories.append(try stage.story(batch, node: node)) }
        let log = try BatchLogCheck(
          try stage.log().dropping(before), scripts: [Self.update, Self.update])
        // The server's sequence is what the events say was dispatched.
        let dispatched = stories.last?.orders.flatMap { $0["dispatched"]?.texts ?? [] }
        #expect(dispatched == log.clients)
      }
      for story in stories {
        #expect(story.ranks == Array(0..<70))
        #expect(story.timelessOrders == stories[0].timelessOrders)
        #expect(
          story.summaries.map { $0.without(["microseconds", "node", "batch"]) }
            == stories[0].summaries.map { $0.without(["microseconds", "node", "batch"]) })
      }
      check(stories[0])
    }
  }

  /// Checks what is known of every order of two such clients.
  private func check(_ story: EventFile) {
    let merges = allMerges([4, 4])
    var waits = 0
    for (order, merge) in zip(story.orders, merges) {
      #expect(order["order"]?.texts == merge)
      let steps = order["steps"]?.elements ?? []
      // A client's slot between the other's UPDATE and COMMIT is blocked if it is its own UPDATE.
      let updates = ["1", "2"].map { client in places(of: client, in: merge)[2] }
      let commits = ["1", "2"].map { client in places(of: client, in: merge)[3] }
      let first = updates[0] < updates[1] ? 0 : 1
      let waiter = "\(2 - first)"
      let isWaiting = updates[1 - first] < commits[first]
      waits += isWaiting ? 1 : 0
      #expect(
        steps.filter { $0["blocked"] == .bool(true) }.map { [$0["client"]?.text, $0["sql"]?.text] }
          == (isWaiting ? [[waiter, Self.update[2]]] : []), "\(merge)")
      // Infeasible as written if the waiter's own COMMIT stands before the other's.
      let isDeferred = isWaiting && commits[1 - first] < commits[first]
      #expect(order["deferred"] == .bool(isDeferred), "\(merge)")
      #expect((order["dispatched"] != order["order"]) == isDeferred, "\(merge)")
      #expect(steps.allSatisfy { ($0["microseconds"]?.int ?? .max) < 400_000 }, "\(merge)")
      let balances = order["checks"]?[0]?["rows"]
      #expect(balances == .array([.row(1, 102), .row(2, 200)]), "\(merge)")
    }
    #expect(waits > 0)
    let summary = story.summaries.first
    #expect(summary?["lock_waits"]?.int == waits)
    #expect(summary?["cancelled"]?.int == 0 && summary?["errors"]?.int == 0)
    let outcomes = summary?["outcomes"]?.elements ?? []
    #expect(outcomes.compactMap { $0["orders"]?.int }.reduce(0, +) == 70)
    for outcome in outcomes {
      let witness = outcome["witness_rank"]?.int ?? -1
      #expect(outcome["witness"]?.texts == merges[witness])
      #expect(story.orders[witness]["outcome"] == outcome["outcome"])
    }
  }

  private func places(of client: String, in merge: [String]) -> [Int] {
    merge.indices.filter { merge[$0] == client }
  }

  @Test("A deadlock pair ends too, and its events say whom the server chose")
  func deadlock() async throws {
    try await BatchStage.with(setup: Self.table) { stage in
      func transfer(_ from: Int, _ to: Int) -> [String] {
        [
          "BEGIN", "UPDATE account SET balance = balance - 1 WHERE id = \(from)",
          "UPDATE account SET balance = balance + 1 WHERE id = \(to)", "COMMIT",
        ]
      }
      let files = files(stage)
      let configs = [
        stage.config("one", transfer(1, 2), files), stage.config("two", transfer(2, 1), files),
      ]
      for ending in try await stage.run(batch: "crossed", configs: configs) {
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(ending.output.contains("(deadlock)"), "\(ending.output)")
      }
      let story = try stage.story("crossed", node: 1)
      #expect(story.ranks == Array(0..<70))
      let deadlocked = story.orders.filter { order in
        (order["steps"]?.elements ?? []).contains { $0["error"]?["code"]?.int == 1213 }
      }
      #expect(!deadlocked.isEmpty)
      #expect(story.summaries.first?["deadlocks"]?.int == deadlocked.count)
      for order in deadlocked {
        let errors = (order["steps"]?.elements ?? []).compactMap { $0["error"] }
        #expect(errors.map { $0["sqlstate"]?.text } == ["40001"])
      }
    }
  }

  @Test("Two nodes that bring different resets are refused, both named, and nothing is run")
  func differentResets() async throws {
    try await BatchStage.with(setup: Self.table) { stage in
      let configs = (1...2).map { node in
        let reset = stage.file("reset\(node).sql", "DELETE FROM account WHERE id = \(node)")
        return stage.config("node\(node)", ["SELECT \(node)"], "reset.fpath = '\(reset)'")
      }
      for ending in try await stage.run(batch: "resets", configs: configs) {
        #expect(ending.code == 65)
        #expect(ending.lastError.contains("node \"1\"") && ending.lastError.contains("node \"2\""))
        #expect(ending.lastError.contains("different resets"), "\(ending.errors)")
      }
      #expect(try !stage.log().entries.contains { $0.argument.hasPrefix("DELETE FROM account") })
      #expect(try !stage.log().entries.contains { ["SELECT 1", "SELECT 2"].contains($0.argument) })
    }
  }
}

extension JSON {
  /// A row of numbers.
  fileprivate static func row(_ numbers: Int...) -> JSON {
    .array(numbers.map { .number("\($0)") })
  }
}
