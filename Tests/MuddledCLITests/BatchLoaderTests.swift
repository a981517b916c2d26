import MuddledCore
import MuddledSandbox
import Testing

@Suite("Batches whose steps come from elsewhere than a file", .timeLimit(.minutes(20)))
struct BatchLoaderTests {
  private static let scripts = [
    ["BEGIN", "SELECT 'it''s; 1'", "COMMIT"], ["SELECT /* b */ 2", "SELECT 3", "SELECT /* b */ 2"],
  ]
  private static let rows = """
    CREATE TABLE muddled_steps (
      node_id INT, sequence INT, statement TEXT, PRIMARY KEY (node_id, sequence));
    INSERT INTO muddled_steps VALUES
      (1, 30, 'COMMIT'), (1, 4, 'BEGIN;'), (1, 5, 'SELECT ''it''''s; 1'''),
      (2, 0, 'SELECT /* b */ 2'), (2, 1, 'SELECT 3'), (2, 2, 'SELECT /* b */ 2');

    """

  /// Two processes with these arguments run every order of the scripts.
  private func expectBatch(
    _ stage: BatchStage, kind: StoreKind, arguments: [String] = [], config: String,
    input: (Int) -> String? = { _ in nil }, changing changes: [String: String] = [:]
  ) async throws {
    let path = stage.file("loader.toml", config)
    var nodes: [BatchProcess] = []
    for node in [1, 2] {
      nodes.append(
        try await stage.start(
          node: node, batch: "loaded", config: path, kind: kind, more: arguments,
          changing: changes, input: input(node)))
    }
    for node in nodes {
      let ending = try await node.finish()
      #expect(ending.code == 0, "\(ending.errors)")
      #expect(ending.output.contains("orders      20 run of 20"), "\(ending.output)")
    }
    try BatchLogCheck(try stage.log(), scripts: Self.scripts).expectEveryOrder(of: Self.scripts)
  }

  @Test("From a table of the database under test")
  func database() async throws {
    try await BatchStage.with(setup: Self.rows) { stage in
      try await expectBatch(stage, kind: .db, config: "sql.loader = 'db'")
    }
  }

  @Test("From a table of another database, with names of its own, that another account reads")
  func otherDatabase() async throws {
    let setup =
      "CREATE TABLE meeting.s (n VARCHAR(9), `order` INT, `sql` TEXT);"
      + Self.scripts.enumerated().map { client, script in
        script.enumerated().map { index, statement in
          "INSERT INTO meeting.s VALUES ('\(client + 1)', \(index), '\(statement.replacing("'", with: "''"))');"
        }.joined()
      }.joined()
    try await BatchStage.with(setup: setup) { stage in
      try await expectBatch(
        stage, kind: .sharedMemory,
        config: """
          [sql]
          loader = 'db'
          dsn = 'replaced:by@unix(the environment)/'
          table = 's'
          node_column = 'n'
          sequence_column = 'order'
          statement_column = 'sql'
          """,
        changing: [
          "MUDDLED_SQL_DSN":
            "meeting:\(BatchStage.password)@unix(\(stage.sandbox.mariaDBSocket))/meeting"
        ])
    }
  }

  @Test("From lists of the Redis that the nodes meet in, or of one that has its own URL")
  func redis() async throws {
    for (kind, key) in [
      (StoreKind.redis, "muddled:steps:{id}"), (.redis, "x{id}y"), (.db, "z{id}"),
    ] {
      try await BatchStage.with(for: .redis) { stage in
        for (index, script) in Self.scripts.enumerated() {
          let list = key.replacing("{id}", with: "\(index + 1)")
          let push = try await ProgramRun(
            "redis-cli", ["-s", stage.sandbox.redisSocket, "RPUSH", list] + script)
          #expect(push.output == "3\n", "\(push.errors)")
        }
        let keys = key.hasPrefix("muddled") ? "" : "key = '\(key)'"
        let url = kind == .redis ? "" : "url = '\(stage.sandbox.redisSocketURL)'"
        try await expectBatch(
          stage, kind: kind, config: "[sql]\nloader = 'redis'\n\(keys)\n\(url)")
      }
    }
  }

  @Test("From standard input, whatever file the config names")
  func standardInput() async throws {
    for (config, arguments) in [
      ("[sql]\nloader = 'stdin'\nfpath = '-'", []),
      ("sql.fpath = '/nowhere/at.all'", ["--loader", "stdin"]),
    ] {
      try await BatchStage.with { stage in
        let files = Self.scripts.enumerated().map { index, script in
          stage.file("input\(index + 1)", script.map { $0 + ";\n" }.joined())
        }
        try await expectBatch(
          stage, kind: .db, arguments: arguments, config: config, input: { files[$0 - 1] })
      }
    }
  }

  @Test("What cannot be loaded ends the node in one sentence, before it registers")
  func refusals() async throws {
    let setup = Self.rows + "INSERT INTO muddled_steps VALUES (3, 1, NULL);"
    try await BatchStage.with(for: .redis, setup: setup) { stage in
      let set = try await ProgramRun(
        "redis-cli", ["-s", stage.sandbox.redisSocket, "SET", "muddled:steps:3", "SELECT 1"])
      #expect(set.output == "OK\n")
      let empty = stage.file("empty", "-- nothing\n")
      let secret = BatchStage.password
      let calls: [(Int32, [String], String, String, [String: String])] = [
        (
          66, ["the table nosuch at node1@unix(", "is not there"], "1",
          "loader = 'db'\ntable = 'nosuch'", [:]
        ),
        (66, ["has no row whose node_id is \"9\""], "9", "loader = 'db'", [:]),
        (65, ["has NULL as its statement"], "3", "loader = 'db'", [:]),
        (
          65, ["has no column who; it has node_id, "], "1", "loader = 'db'\nnode_column = 'who'",
          [:]
        ),
        (
          78, ["sql.dsn (line 3 of the config file)", "refuses the login of node1"], "1",
          "loader = 'db'\ndsn = 'node1:\(secret)x@unix(\(stage.sandbox.mariaDBSocket))/x'", [:]
        ),
        (
          69, ["sql.dsn (from MUDDLED_SQL_DSN)", "127.0.0.1:1"], "1", "loader = 'db'",
          ["MUDDLED_SQL_DSN": "a:\(secret)@tcp(127.0.0.1:1)/x"]
        ),
        (66, ["The key \"muddled:steps:9\"", "is not there"], "9", "loader = 'redis'", [:]),
        (
          65, ["The key \"muddled:steps:3\"", "holds a string, not a list"], "3",
          "loader = 'redis'", [:]
        ),
        (
          78, ["sql.url (line 3 of the config file)", "refuses the login"], "1",
          "loader = 'redis'\nurl = 'redis://:\(secret)@127.0.0.1:\(stage.sandbox.redisPort)/0'", [:]
        ),
        (
          69, ["sql.url (line 3 of the config file)", "127.0.0.1:1"], "1",
          "loader = 'redis'\nurl = 'redis://:\(secret)@127.0.0.1:1/0'", [:]
        ),
        (65, ["The standard input holds no statement"], "1", "loader = 'stdin'", [:]),
      ]
      for (code, words, id, sql, changes) in calls {
        let config = stage.file("refused.toml", "[sql]\n\(sql)\n")
        let process = try await stage.start(
          ["-c", config, "-id", id, "-p", "2", "-b", "b", "--coordinator", "redis"], node: 1,
          changing: changes, input: empty)
        let ending = try await process.finish()
        #expect(ending.code == code, "\(ending.errors)")
        #expect(ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
        for word in words { #expect(ending.lastError.contains(word), "\(word): \(ending.errors)") }
        #expect(!(ending.errors + ending.output).contains(secret), "\(ending.errors)")
      }
    }
  }
}
