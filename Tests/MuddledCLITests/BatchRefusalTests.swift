import Testing

@Suite("Bad input to a batch", .timeLimit(.minutes(20)))
struct BatchRefusalTests {
  /// A call that must be refused before anything is run.
  private struct Call {
    let arguments: [String]
    let code: Int32
    let words: [String]
    let changes: [String: String]

    /// Whether all is right with the call but for what a server says.
    var asksServers: Bool { code == 69 || words[0].contains("refuses the login") }

    init(_ code: Int32, _ words: [String], _ arguments: [String], _ changes: [String: String] = [:])
    {
      (self.arguments, self.code, self.words, self.changes) = (arguments, code, words, changes)
    }
  }

  /// Runs the calls one after the other, and checks that each is one sentence and nothing more.
  private func check(_ calls: [Call], on stage: BatchStage) async throws {
    for call in calls {
      let process = try await stage.start(call.arguments, node: 1, changing: call.changes)
      let ending = try await process.finish()
      let place = "\(call.arguments): \(ending.errors)"
      #expect(ending.code == call.code, "\(place)")
      // Once servers have been asked there is a summary, which says that there is nothing to tell.
      if ending.output != "" {
        #expect(ending.output.contains("orders      none were run"), "\(place)")
        #expect(call.asksServers, "\(place)")
      }
      #expect(!ending.output.contains(BatchStage.password))
      let lines = ending.errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      if lines.first?.hasPrefix("Error: ") == true {
        // The argument parser adds what is right after what is wrong.
        #expect(
          lines.dropFirst().allSatisfy { line in
            ["Help:", "Usage:", "  See"].contains { line.hasPrefix($0) }
          }, "\(place)")
      } else {
        #expect(lines.count == 1 && lines[0].hasPrefix("muddled: "), "\(place)")
      }
      for words in call.words {
        #expect(lines.first?.contains(words) == true, "\(words): \(place)")
      }
      #expect(!ending.errors.contains(BatchStage.password), "\(place)")
    }
    let log = try stage.log()
    #expect(log.queries(on: log.connections(of: "node1")) == [])
  }

  @Test("A call that lacks something or contradicts itself is refused with 64")
  func usage() async throws {
    try await BatchStage.with { stage in
      let config = stage.config("one", ["SELECT 1"])
      func call(_ words: [String], _ arguments: [String]) -> Call { Call(64, words, arguments) }
      let base = ["-c", config, "-id", "1", "-b", "b"]
      try await check(
        [
          call(["'--config <file>'"], ["-id", "1", "-p", "2", "-b", "b"]),
          call(["'-id <id>'"], ["-c", config, "-p", "2", "-b", "b"]),
          call(["'--batch <id>'"], ["-c", config, "-id", "1", "-p", "2"]),
          call(["'--partners <ids> ...'"], base),
          call(["'-p <ids>'"], base + ["-p"]),
          call(["partner", "empty"], base + ["-p", ""]),
          call(["partner", "empty"], base + ["-p", "2,"]),
          call(["node id", "empty"], ["-c", config, "-id", "", "-p", "2", "-b", "b"]),
          call(["batch id", "empty"], ["-c", config, "-id", "1", "-p", "2", "-b", ""]),
          call(
            ["node id", "201 bytes", "200"],
            ["-c", config, "-p", "2", "-b", "b", "--id", String(repeating: "x", count: 201)]),
          call(
            ["batch id", "201 bytes"],
            ["-c", config, "-p", "2", "-id", "1", "-b", String(repeating: "x", count: 201)]),
          call(["\"1\"", "its own partners"], base + ["-p", "1"]),
          call(["\"1\"", "its own partners"], base + ["-p", "2,1"]),
          call(["\"2\"", "twice"], base + ["-p", "2", "-p", "2"]),
          call(
            ["no coordinator kind \"zoo\"", "db, redis, shared-memory"],
            base + ["-p", "2", "--coordinator", "zoo"]),
          call(
            ["no loader kind \"zoo\"", "--loader one of file, db, redis, stdin"],
            base + ["-p", "2", "--loader", "zoo"]),
          call(
            ["\"inprocess\"", "db, redis, shared-memory"],
            base + ["-p", "2", "--coordinator", "inprocess"]),
          call(
            ["/nowhere/at/all.events", "cannot be written", "No such file or directory"],
            base + ["-p", "2", "--events", "/nowhere/at/all.events"]),
          call(["--quiet", "--verbose"], base + ["-p", "2", "--quiet", "--verbose"]),
          call(["--evnts"], base + ["-p", "2", "--evnts", "x"]),
          call(["'more'"], base + ["-p", "2", "more"]),
        ], on: stage)
    }
  }

  @Test("A config file that is missing, broken or has unknown keys is refused with 78")
  func configuration() async throws {
    try await BatchStage.with { stage in
      func call(_ words: [String], _ text: String?, _ changes: [String: String] = [:]) -> Call {
        let name = "config\(UInt32.random(in: 0...(.max))).toml"
        let path = text.map { stage.file(name, $0) } ?? stage.folder + "/none.toml"
        let place = text == nil ? ["none.toml", "No such file or directory"] : []
        return Call(78, words + place, ["-c", path, "-id", "1", "-p", "2", "-b", "b"], changes)
      }
      let script = stage.file("one.sql", "SELECT 1")
      let sql = "[sql]\nfpath = '\(script)'\n"
      let secret = BatchStage.password
      let down = "node1:\(secret)@tcp(127.0.0.1:1)/x"
      try await check(
        [
          call(["cannot be read"], nil),
          call(["line 3", "not valid TOML"], sql + "[db\n"),
          call(["line 4", "not valid TOML"], sql + "[db]\ndsn = \"a:\(secret)@tcp(h)/d\n"),
          call(["line 4", "unknown key db.dns", "db.dsn"], sql + "[db]\ndns = '\(secret)'\n"),
          call(["line 3", "unknown table dbs", "db"], sql + "[dbs]\ndsn = 'x'\n"),
          call(["line 4", "run.stall_ms", "an integer"], sql + "[run]\nstall_ms = '5'\n"),
          call(["line 4", "coordinator.kind", "\"zoo\""], sql + "[coordinator]\nkind = 'zoo'\n"),
          call(["sql.fpath"], "[db]\nidle = 1\n"),
          call(["db.dsn", "MUDDLED_DB_DSN"], sql, ["MUDDLED_DB_DSN": ""]),
          call(["cdb.dsn", "MUDDLED_CDB_DSN"], sql, ["MUDDLED_CDB_DSN": ""]),
          call(
            ["coordinator.url", "MUDDLED_COORDINATOR_URL"], sql + "[coordinator]\nkind = 'redis'\n"),
          call(
            ["coordinator.name", "line 5", "\"a/b\"", "letters"],
            sql + "[coordinator]\nkind = 'shared-memory'\nname = 'a/b'\n",
            ["MUDDLED_COORDINATOR_NAME": ""]),
          // DSNs, by the environment and by the file.
          call(["db.dsn", "MUDDLED_DB_DSN"], sql, ["MUDDLED_DB_DSN": "root:\(secret)@tcp(h:3306"]),
          call(["db.dsn", "MUDDLED_DB_DSN"], sql, ["MUDDLED_DB_DSN": "http://root:\(secret)@h/d"]),
          call(["cdb.dsn", "port"], sql, ["MUDDLED_CDB_DSN": "root:\(secret)@tcp(h:99999)/d"]),
          call(
            ["db.dsn", "line 4"], sql + "[db]\ndsn = 'root:\(secret)@'\n", ["MUDDLED_DB_DSN": ""]),
          call(
            ["coordinator.url", "MUDDLED_COORDINATOR_URL"], sql + "[coordinator]\nkind = 'redis'\n",
            ["MUDDLED_COORDINATOR_URL": "rediss://:\(secret)@h/zero"]),
          // What the server says of an account or a database.
          call(
            ["refuses the login of node1"], sql,
            ["MUDDLED_DB_DSN": "node1:\(secret)x@unix(\(stage.sandbox.mariaDBSocket))/client_test"]),
          call(
            ["refuses the login of meeting"], sql,
            ["MUDDLED_CDB_DSN": "meeting:\(secret)x@unix(\(stage.sandbox.mariaDBSocket))/meeting"]),
          call(
            ["no database nowhere"], sql,
            ["MUDDLED_CDB_DSN": "meeting:\(secret)@unix(\(stage.sandbox.mariaDBSocket))/nowhere"]),
        ], on: stage)
      // Nobody is there: 69.
      let config = stage.file("down.toml", sql)
      let arguments = ["-c", config, "-id", "1", "-p", "2", "-b", "b"]
      try await check(
        [
          Call(69, ["127.0.0.1:1", "is it running?"], arguments, ["MUDDLED_CDB_DSN": down]),
          Call(
            69, ["127.0.0.1:1"], arguments + ["--coordinator", "redis"],
            ["MUDDLED_COORDINATOR_URL": "redis://:\(secret)@127.0.0.1:1/0"]),
        ], on: stage)
    }
  }

  @Test(
    "SQL that is missing is refused with 66, SQL that cannot be used with 65, file and line named")
  func scripts() async throws {
    try await BatchStage.with { stage in
      func arguments(_ config: String) -> [String] {
        ["-c", config, "-id", "1", "-p", "2", "-b", "b"]
      }
      func call(_ code: Int32, _ words: [String], sql: String?) -> Call {
        let name = "s\(UInt32.random(in: 0...(.max)))"
        let path = sql.map { stage.file(name + ".sql", $0) } ?? stage.folder + "/none.sql"
        let config = stage.file(name + ".toml", "sql.fpath = '\(path)'")
        return Call(code, words.map { $0.replacing("FILE", with: path) }, arguments(config))
      }
      func call(_ code: Int32, _ words: [String], table: String, _ text: String?) -> Call {
        let name = "t\(UInt32.random(in: 0...(.max)))"
        let path = text.map { stage.file(name + ".sql", $0) } ?? stage.folder + "/none.sql"
        let config = stage.config(name + "c", ["SELECT 1"], "\(table).fpath = '\(path)'")
        return Call(code, words.map { $0.replacing("FILE", with: path) }, arguments(config))
      }
      try await check(
        [
          call(66, ["FILE", "No such file or directory"], sql: nil),
          call(65, ["FILE", "no statement"], sql: ""),
          call(65, ["FILE", "no statement"], sql: "-- nothing\n ; /* */\n"),
          call(65, ["FILE:2:", "'", "never closed"], sql: "SELECT 1;\nSELECT 'a\nb;\n"),
          call(65, ["FILE:3:", "`"], sql: "SELECT 1;\n\nSELECT `a;\n"),
          call(65, ["FILE:1:", "/*"], sql: "/* SELECT 1;\n"),
          call(66, ["reset file", "FILE"], table: "reset", nil),
          call(65, ["reset file", "FILE", "no statement"], table: "reset", "--\n"),
          call(65, ["FILE:1:", "\""], table: "reset", "DELETE FROM \"a"),
          call(66, ["check file", "FILE"], table: "check", nil),
          call(65, ["FILE:2:"], table: "check", "SELECT\n'"),
        ], on: stage)
      // A script of a single bad byte.
      let path = stage.file("bytes.sql", "SELECT 1;\nSELECT 2;\n")
      let spoil = try await ProgramRun("sh", ["-c", "printf 'SELECT \\377' >>\"$0\"", path])
      #expect(spoil.status.isSuccess)
      let config = stage.file("bytes.toml", "sql.fpath = '\(path)'")
      try await check([Call(65, ["\(path):3:", "UTF-8"], arguments(config))], on: stage)
    }
  }

  @Test("A database under test that is down or refuses the login ends the node before it registers")
  func databaseDown() async throws {
    try await BatchStage.with { stage in
      let config = stage.config("one", ["SELECT 1"])
      for (code, words, dsn) in [
        (69, "127.0.0.1:1", "node1:\(BatchStage.password)@tcp(127.0.0.1:1)/client_test"),
        (
          78, "refuses the login of node1",
          "node1:\(BatchStage.password)x@unix(\(stage.sandbox.mariaDBSocket))/client_test"
        ),
      ] {
        let process = try await stage.start(
          node: 1, batch: "down", config: config, changing: ["MUDDLED_DB_DSN": dsn])
        let ending = try await process.finish()
        #expect(ending.code == Int32(code), "\(ending.errors)")
        #expect(ending.lastError.contains(words), "\(ending.errors)")
        #expect(ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
        let events = contents(of: stage.events("down-1")) ?? ""
        #expect(!(ending.output + ending.errors + events).contains(BatchStage.password))
        #expect(try stage.story("down", node: 1).orders.isEmpty)
      }
      // The batch is as if nobody had come.
      for ending in try await stage.run(batch: "down", configs: [config, config]) {
        #expect(ending.code == 0, "\(ending.errors)")
      }
    }
  }
}
