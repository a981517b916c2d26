import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

@Suite("Batches that meet on a Galera cluster", .timeLimit(.minutes(20)))
struct GaleraTests {
  private static let table = """
    CREATE TABLE account (id INT PRIMARY KEY, balance INT) ENGINE=InnoDB;
    """
  private static let update = [
    "BEGIN", "SELECT balance FROM account WHERE id = 1",
    "UPDATE account SET balance = balance + 1 WHERE id = 1", "COMMIT",
  ]

  @Test("Two processes on different nodes run every order, with the events of one server")
  func twoNodes() async throws {
    try await BatchStage.with(for: .db, setup: Self.table) { stage in
      let reset = stage.file("reset.sql", "REPLACE INTO account VALUES (1, 100);")
      let check = stage.file("check.sql", "SELECT balance FROM account;")
      let more = "reset.fpath = '\(reset)'\ncheck.fpath = '\(check)'"
      let config = stage.config("node", Self.update, more)
      for ending in try await stage.run(batch: "alone", configs: [config, config]) {
        #expect(ending.code == 0, "\(ending.errors)")
      }
      let alone = try stage.story("alone", node: 1)
      #expect(alone.ranks == Array(0..<70))

      let setup = stage.file("meeting.sql", "CREATE DATABASE meeting;")
      try await GaleraCluster.with(initSQL: setup) { nodes in
        for node in nodes { try await waitUntilInStep(node) }
        var processes: [BatchProcess] = []
        for (index, node) in nodes.enumerated() {
          processes.append(
            try await stage.start(
              node: index + 1, batch: "cluster", config: config,
              changing: ["MUDDLED_CDB_DSN": node.mariaDBDSN(database: "meeting")]))
        }
        for process in processes {
          let ending = try await process.finish(within: .seconds(120))
          #expect(ending.code == 0, "\(ending.errors)")
        }
        // Each process kept to its node, and both nodes have the same of it.
        for node in nodes {
          let ended = "SELECT COUNT(*) FROM meeting.muddled_log WHERE batch = 'cluster'"
          #expect(try await waitUntil { try await node.query(ended) == "1\n" })
        }
      }
      for node in [1, 2] {
        let story = try stage.story("cluster", node: node)
        #expect(story.timelessOrders == alone.timelessOrders)
      }
    }
  }

  /// Waits until a node takes statements, and both are in the cluster.
  private func waitUntilInStep(_ node: Sandbox) async throws {
    let status = "SHOW STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_cluster_size')"
    var found = ""
    let isInStep = try await waitUntil(atMost: .seconds(60)) {
      found = try await node.query(status)
      return found.contains("wsrep_cluster_size\t2") && found.contains("wsrep_ready\tON")
    }
    try #require(isInStep, "\(found)")
  }
}
