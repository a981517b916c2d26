import Foundation
import MuddledCore
import Testing

@Suite("Batches of the built program", .timeLimit(.minutes(20)))
struct BatchOriginalTests {
  private static let table = """
    CREATE TABLE test (test_id INT PRIMARY KEY, name TEXT);
    INSERT INTO test VALUES (1, 'one'), (1234, 'two');
    """

  @Test(
    "The original's two config files run all 45 orders, as the server's own log shows",
    arguments: StoreKind.allCases)
  func original(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind, setup: Self.table) { stage in
      let endings = try await stage.run(
        batch: "9982", configs: ["./config/config.toml", "./config/config2.toml"], kind: kind)
      for ending in endings {
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(ending.output.contains("orders      45 run of 45"), "\(ending.output)")
        #expect(ending.output.contains("statements  450"))
      }
      let scripts = try ["sql.file", "sql2.file"].map { name in
        let text = try #require(contents(of: BatchStage.repository + "/config/" + name))
        return try SQLScript(text, name: name).statements.map(\.text)
      }
      #expect(scripts.map(\.count) == [2, 8])
      try check(stage, batch: "9982", scripts: scripts, orders: 45)
    }
  }

  @Test("Over shared memory the original's batch has the same events as over Redis, but for times")
  func sameEvents() async throws {
    try await BatchStage.with(for: .redis, setup: Self.table) { stage in
      var stories: [EventFile] = []
      for kind in [StoreKind.redis, .sharedMemory] {
        let endings = try await stage.run(
          batch: kind.rawValue, configs: ["./config/config.toml", "./config/config2.toml"],
          kind: kind)
        for ending in endings { #expect(ending.code == 0, "\(ending.errors)") }
        for node in [1, 2] { stories.append(try stage.story(kind.rawValue, node: node)) }
      }
      #expect(stories[0].orders.count == 45)
      for story in stories { #expect(story.timelessOrders == stories[0].timelessOrders) }
      #expect(stage.sharedFiles == [])
    }
  }

  @Test(
    "Three processes of 3, 3 and 2 statements run all 560 orders", arguments: StoreKind.allCases)
  func three(kind: StoreKind) async throws {
    // Statements that a log of lines could be misread by.
    let scripts = [
      ["SELECT /* a1 */ 1", "SELECT /* a2 */ 'x\ty\n\t\t6 Query\tz'", "DO /* a3 */ 3"],
      ["SELECT /* b1 */ 'b;1\n\n'", "SELECT /* b2 */ \"it's\"", "SELECT /* b3 */ 1 FROM `test`"],
      ["SELECT /* c1 */ 'ü 😀'", "SELECT /* c2 */ name\n  FROM test\n WHERE test_id = 1234"],
    ]
    try await BatchStage.with(for: kind, setup: Self.table) { stage in
      let configs = scripts.enumerated().map { stage.config("three\($0 + 1)", $1) }
      let endings = try await stage.run(batch: "three", configs: configs, kind: kind)
      for ending in endings {
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(ending.output.contains("orders      560 run of 560"), "\(ending.output)")
      }
      try check(stage, batch: "three", scripts: scripts, orders: 560)
    }
  }

  @Test("The batch's and the nodes' ids may be any texts of up to 200 bytes")
  func anyIDs() async throws {
    let ids = ["o'brien \"; -- ", "Zoë, 日本\\", String(repeating: "é", count: 100)]
    for kind in StoreKind.allCases {
      try await BatchStage.with(for: kind) { stage in
        let batch = "b'; DROP DATABASE meeting; -- " + String(repeating: "ü", count: 85)
        #expect(batch.utf8.count == 200)
        var processes: [BatchProcess] = []
        for (index, id) in ids.enumerated() {
          let partners = ids.filter { $0 != id }.map { partner in
            partner.replacing("\\", with: "\\\\").replacing(",", with: "\\,")
          }
          processes.append(
            try await stage.start(
              [
                "-c", stage.config("ids\(index)", ["SELECT \(index)"]), "--id", id, "--partners",
                partners.joined(separator: ","), "--batch", batch, "--coordinator", kind.rawValue,
                "--events", stage.events("ids-\(index)"),
              ], node: index + 1))
        }
        for process in processes {
          let ending = try await process.finish()
          #expect(ending.code == 0, "\(ending.errors)")
          #expect(ending.output.contains("orders      6 run of 6"))
        }
        let summary = try #require(try stage.story("ids", node: 0).summaries.first)
        #expect(summary["batch"]?.text == batch)
        #expect(Set(summary["clients"]?.texts ?? []) == Set(ids))
      }
    }
  }

  /// Checks what the server logged and what the nodes reported against each other, and against all orders.
  private func check(
    _ stage: BatchStage, batch: String, scripts: [[String]], orders count: Int
  ) throws {
    let log = try BatchLogCheck(try stage.log(), scripts: scripts)
    log.expectEveryOrder(of: scripts)
    let length = scripts.map(\.count).reduce(0, +)
    let stories = try scripts.indices.map { try stage.story(batch, node: $0 + 1) }
    for (index, story) in stories.enumerated() {
      #expect(story.lines.count == count + 1)
      #expect(story.ranks == Array(0..<count))
      #expect(story.lines.last?["event"] == .string("summary"))
      #expect(story.lines.allSatisfy { $0["version"] == .number("1") })
      #expect(story.timelessOrders == stories[0].timelessOrders)
      #expect(story.timelessSummaries == stories[0].timelessSummaries)
      let summary = try #require(story.summaries.first)
      #expect(summary["node"]?.text == "\(index + 1)")
      #expect(summary["complete"] == .bool(true) && summary["failure"] == .null)
      #expect(summary["statements"]?.int == count * length)
      #expect(
        story.orders.map { $0["order"]?.texts ?? [] }
          == log.clients.inBlocks(of: length).map(Array.init))
      let statements = story.orders.flatMap { $0["steps"]?.elements ?? [] }
      #expect(statements.map { $0["sql"]?.text } == log.statements)
      for order in story.orders {
        #expect(order["order"] == order["dispatched"] && order["deferred"] == .bool(false))
        #expect((order["steps"]?.elements ?? []).map { $0["client"] } == order["order"]?.elements)
      }
    }
    // The suite's parser is its own; another one must agree that this is JSON.
    let data = try Data(contentsOf: URL(fileURLWithPath: stage.events("\(batch)-1")))
    for line in data.split(separator: UInt8(ascii: "\n")) {
      #expect(try JSONSerialization.jsonObject(with: Data(line)) is [String: Any])
    }
  }
}
