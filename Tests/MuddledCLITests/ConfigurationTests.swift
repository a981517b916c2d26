import MuddledCore
import MuddledMariaDB
import Testing

@testable import MuddledCLI

@Suite("Configuration")
struct ConfigurationTests {
  private static let minimal = """
    [db]
    dsn = "root:db-secret@tcp(127.0.0.1:4000)/client_test?charset=utf8mb4&parseTime=true"
    [cdb]
    dsn = "root:cdb-secret@tcp(127.0.0.1:3306)/client_test"
    [sql]
    fpath = "./config/sql.file"

    """

  /// Loads a text from a file with a known name.
  private func load(
    _ text: String, environment: [String: String] = [:], kind: Configuration.CoordinatorKind? = nil,
    loader: StepSource.Kind? = nil
  ) async throws -> Configuration {
    try await withFolder { folder in
      write(text, to: folder + "/test.toml")
      do {
        return try Configuration.load(
          file: folder + "/test.toml", environment: environment, kind: kind, loader: loader)
      } catch let error as MuddledError {
        // The folder's name is another one in each run.
        let parts = error.message.split(separator: folder + "/", omittingEmptySubsequences: false)
        throw MuddledError(error.code, parts.joined())
      }
    }
  }

  /// Loads a text that is refused, and gives the reason.
  private func refusal(
    _ text: String, environment: [String: String] = [:], kind: Configuration.CoordinatorKind? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async -> String {
    let error = await #expect(throws: MuddledError.self, sourceLocation: sourceLocation) {
      try await load(text, environment: environment, kind: kind)
    }
    #expect(error?.code == .configuration, sourceLocation: sourceLocation)
    let message = error?.message ?? ""
    #expect(!message.contains("secret"), "\(message)", sourceLocation: sourceLocation)
    #expect(!message.contains("\n"), sourceLocation: sourceLocation)
    return message
  }

  @Test("A minimal file has every default")
  func defaults() async throws {
    let configuration = try await load(Self.minimal)
    #expect(
      configuration.database.dsn?.value
        == "root:db-secret@tcp(127.0.0.1:4000)/client_test?charset=utf8mb4&parseTime=true")
    #expect(
      configuration.coordinationDatabase.dsn?.value
        == "root:cdb-secret@tcp(127.0.0.1:3306)/client_test")
    for database in [configuration.database, configuration.coordinationDatabase] {
      #expect(database.idle == 10 && database.open == 10)
    }
    #expect(configuration.steps == .file(path: "./config/sql.file"))
    #expect(configuration.coordinatorKind == .db && configuration.coordinatorURL == nil)
    #expect(configuration.coordinatorName == "muddled")
    #expect(configuration.lease == .seconds(5))
    #expect(configuration.rejoinTimeout == .seconds(30))
    #expect(configuration.registerTimeout == .seconds(30))
    #expect(configuration.resetPath == nil && configuration.checkPath == nil)
    #expect(configuration.stallTimeout == .seconds(5))
    #expect(configuration.assumeBlockedAfter == .milliseconds(500))
    #expect(configuration.stepTimeout == .seconds(60))
    #expect(configuration.sources.count == 26)
    #expect(configuration.sources["db.dsn"] == .file(line: 2))
    #expect(configuration.sources["sql.fpath"] == .file(line: 6))
    #expect(configuration.sources["run.step_ms"] == .defaultValue)
  }

  @Test("Every key is read, however TOML lets it be written")
  func everyKey() async throws {
    let configuration = try await load(
      """
      sql.fpath = 's' # a comment with [db] and dsn = "no"
      db = { dsn = "d", idle = 0, open = 0x10 }
      [cdb]
      "dsn" = \"""
      c[coordinator]\"""
      'idle' = 1_000
      open = 3
      [ coordinator ]
      kind = "redis"
      url = "u"
      name = "n"
      lease_ms = 1
      rejoin_ms = 0
      register_ms = 3
      [reset]
      fpath = "r"
      [check]
      fpath = ""
      [run]
      stall_ms = 4
      assume_blocked_ms = 5
      step_ms = 6
      """)
    #expect(configuration.steps == .file(path: "s"))
    #expect(configuration.database.dsn?.value == "d")
    #expect(configuration.database.idle == 0 && configuration.database.open == 16)
    #expect(configuration.coordinationDatabase.dsn?.value == "c[coordinator]")
    #expect(configuration.coordinationDatabase.idle == 1000)
    #expect(configuration.coordinationDatabase.open == 3)
    #expect(configuration.coordinatorKind == .redis && configuration.coordinatorURL?.value == "u")
    #expect(configuration.coordinatorName == "n")
    #expect(configuration.lease == .milliseconds(1) && configuration.rejoinTimeout == .zero)
    #expect(configuration.registerTimeout == .milliseconds(3))
    #expect(configuration.resetPath == "r" && configuration.checkPath == nil)
    #expect(configuration.stallTimeout == .milliseconds(4))
    #expect(configuration.assumeBlockedAfter == .milliseconds(5))
    #expect(configuration.stepTimeout == .milliseconds(6))
    #expect(configuration.sources["db.open"] == .file(line: 2))
    #expect(configuration.sources["cdb.idle"] == .file(line: 6))
    #expect(configuration.sources["run.step_ms"] == .file(line: 22))
  }

  @Test("The environment overrides the file, and the command line's kind does too")
  func environment() async throws {
    let variables = [
      "MUDDLED_DB_DSN": "one", "MUDDLED_CDB_DSN": "", "MUDDLED_COORDINATOR_URL": "three",
      "MUDDLED_COORDINATOR_NAME": "four",
    ]
    let configuration = try await load(Self.minimal, environment: variables, kind: .redis)
    #expect(configuration.database.dsn?.value == "one")
    #expect(configuration.coordinationDatabase.dsn?.value.contains("3306") == true)
    #expect(configuration.coordinatorURL?.value == "three")
    #expect(configuration.coordinatorName == "four")
    #expect(configuration.coordinatorKind == .redis)
    #expect(configuration.sources["db.dsn"] == .environment("MUDDLED_DB_DSN"))
    #expect(configuration.sources["cdb.dsn"] == .file(line: 4))
    #expect(configuration.sources["coordinator.kind"] == .commandLine)
    let bare = try await load(
      "sql.fpath = 's'", environment: ["MUDDLED_DB_DSN": "a", "MUDDLED_CDB_DSN": "b"])
    #expect(bare.database.dsn?.value == "a" && bare.coordinationDatabase.dsn?.value == "b")
  }

  @Test("A missing required key is named, with the variable that may stand for it")
  func missing() async {
    #expect(
      await refusal("[db]\n")
        == "test.toml lacks the key db.dsn;"
        + " set it there or in the environment variable MUDDLED_DB_DSN.")
    #expect(
      await refusal("db.dsn = ''").hasPrefix("test.toml lacks the key db.dsn;"),
      "an empty text counts as not set")
    #expect(
      await refusal("db.dsn = 'x'") == "test.toml lacks the key sql.fpath; set it there.")
    #expect(
      await refusal("db.dsn = 'x'\nsql.fpath = 's'")
        == "test.toml lacks the key cdb.dsn, needed because coordinator.kind is \"db\";"
        + " set it there or in the environment variable MUDDLED_CDB_DSN.")
    #expect(
      await refusal("db.dsn = 'x'\nsql.fpath = 's'\ncoordinator.kind = 'redis'")
        == "test.toml lacks the key coordinator.url, needed because coordinator.kind is \"redis\";"
        + " set it there or in the environment variable MUDDLED_COORDINATOR_URL.")
  }

  @Test("The kind queue needs a URL, or a program that was built for it")
  func queue() async throws {
    #if NATS
      #expect(
        await refusal("db.dsn = 'x'\nsql.fpath = 's'\ncoordinator.kind = 'queue'")
          == "test.toml lacks the key coordinator.url, needed because coordinator.kind is \"queue\";"
          + " set it there or in the environment variable MUDDLED_COORDINATOR_URL.")
      let configuration = try await load(
        "db.dsn = 'x'\nsql.fpath = 's'\ncoordinator = { kind = 'queue', url = 'nats://secret@h/x' }"
      )
      #expect(configuration.coordinatorKind == .queue)
      let error = await #expect(throws: MuddledError.self) {
        try await configuration.makeCoordinator(batch: "b", loop: EventLoop())
      }
      #expect(error?.code == .configuration)
      #expect(error?.message.hasPrefix("coordinator.url (line 3 of the config file): ") == true)
      #expect(error?.message.contains("secret") == false)
    #else
      #expect(
        await refusal("db.dsn = 'x'\nsql.fpath = 's'\ncoordinator.kind = 'queue'")
          == "coordinator.kind is \"queue\", and this muddled was built without NATS; "
          + "build it with: swift build --traits NATS")
    #endif
  }

  @Test("Each loader has its keys, with their defaults")
  func loaders() async throws {
    let base = "db.dsn = 'x'\ncdb.dsn = 'y'\n[coordinator]\nurl = 'secret'\n[sql]\n"
    func steps(_ sql: String, _ loader: StepSource.Kind? = nil) async throws -> StepSource? {
      try await load(base + sql, loader: loader).steps
    }
    #expect(try await steps("loader = 'file'\nfpath = 'f'") == .file(path: "f"))
    #expect(try await steps("loader = 'db'") == .database(dsn: nil, .init()))
    var table = DatabaseLoader.Table()
    (table.name, table.nodeColumn) = ("t", "n")
    (table.sequenceColumn, table.statementColumn) = ("s", "q")
    #expect(
      try await steps(
        "loader = 'db'\ndsn = 'd'\ntable = 't'\nnode_column = 'n'\n"
          + "sequence_column = 's'\nstatement_column = 'q'")
        == .database(dsn: Secret("d"), table))
    #expect(
      try await steps("loader = 'redis'\nurl = 'u'\nkey = 'k'")
        == .redis(url: Secret("u"), key: "k"))
    #expect(
      try await load(base + "loader = 'redis'", kind: .redis).steps
        == .redis(url: nil, key: "muddled:steps:{id}"))
    #expect(
      try await load(base + "loader = 'redis'", environment: ["MUDDLED_SQL_URL": "e"]).steps
        == .redis(url: Secret("e"), key: "muddled:steps:{id}"))
    #expect(try await steps("loader = 'stdin'") == .standardInput)
    #expect(try await steps("loader = 'stdin'\nfpath = '-'") == .standardInput)
    // The command line may try another loader with the same file.
    #expect(try await steps("fpath = 'f'", .stdin) == .standardInput)
    #expect(try await steps("loader = 'redis'\nkey = 'k'", .db) == .database(dsn: nil, .init()))
    // A key that says what is so anyway harms nobody, nor does an empty one.
    #expect(try await steps("fpath = 'f'\ntable = 'muddled_steps'\ndsn = ''") == .file(path: "f"))
  }

  @Test(
    "A loader that is not known, and keys that are not its own, are refused",
    arguments: [
      (
        "loader = 'files'",
        "line 4: the key sql.loader is \"files\"; it must be \"file\", \"db\", \"redis\" or \"stdin\"."
      ),
      (
        "fpath = 'f'\ndsn = 'secret'",
        "line 5: the key sql.dsn is for sql.loader = \"db\", but that is \"file\"; change one of them."
      ),
      (
        "loader = 'db'\nfpath = 'f'",
        "line 5: the key sql.fpath is for sql.loader = \"file\", but that is \"db\"; change one of them."
      ),
      (
        "loader = 'db'\nfpath = '-'",
        "line 5: the key sql.fpath is for sql.loader = \"file\", but that is \"db\"; change one of them."
      ),
      (
        "loader = 'redis'\nurl = 'secret'\ntable = 't'",
        "line 6: the key sql.table is for sql.loader = \"db\", but that is \"redis\"; change one of them."
      ),
      (
        "loader = 'stdin'\nkey = 'k'",
        "line 5: the key sql.key is for sql.loader = \"redis\", but that is \"stdin\"; change one of them."
      ),
      (
        "loader = 'stdin'\nfpath = 'f'",
        "line 5: the key sql.fpath is for sql.loader = \"file\", but that is \"stdin\"; change one of them."
      ),
      (
        "fpath = '-'",
        "line 4: the key sql.fpath is \"-\"; for standard input set sql.loader to \"stdin\", for a file of this name write \"./-\"."
      ),
    ])
  func wrongLoader(_ sql: String, _ reason: String) async {
    let text = "db.dsn = 'x'\ncdb.dsn = 'y'\n[sql]\n" + sql
    #expect(await refusal(text) == "test.toml, \(reason)")
  }

  @Test("A loader that lacks a key is told which")
  func missingLoaderKey() async {
    let text = "db.dsn = 'x'\ncdb.dsn = 'y'\nsql.loader = 'redis'"
    #expect(
      await refusal(text)
        == "test.toml lacks the key sql.url, needed because sql.loader is \"redis\" and coordinator.kind"
        + " is not; set it there or in the environment variable MUDDLED_SQL_URL.")
  }

  @Test(
    "What is wrong in a file is named with its line",
    arguments: [
      ("[db]\ndns = 'secret'", "line 2: unknown key db.dns; the nearest known one is db.dsn."),
      ("\n\n[dbb]\ndsn = 'secret'", "line 3: unknown table dbb; the nearest known one is db."),
      ("dsn = 'secret'", "line 1: unknown key dsn; the nearest known one is db.dsn."),
      ("fpth = 'x'", "line 1: unknown key fpth; the nearest known one is sql.fpath."),
      (
        "[run]\n# stall = 1\nstall = 5",
        "line 3: unknown key run.stall; the nearest known one is run.stall_ms."
      ),
      (
        "[coordinator]\nleasems = 5",
        "line 2: unknown key coordinator.leasems; the nearest known one is coordinator.lease_ms."
      ),
      (
        "[run]\nlease_ms = 5",
        "line 2: unknown key run.lease_ms; the nearest known one is coordinator.lease_ms."
      ),
      (
        "[run.step]\nx = 5",
        "line 1: unknown table run.step; the nearest known one is run.step_ms."
      ),
      (
        "[db]\ndsn.host = 'secret'",
        "line 2: the key db.dsn must be a string in quotes, not a table."
      ),
      (
        "\"db.dsn\" = 'secret'",
        "line 1: unknown key \"db.dsn\"; the nearest known one is db.dsn."
      ),
      ("[db]\ndsn = 12345", "line 2: the key db.dsn must be a string in quotes, not an integer."),
      (
        "[db]\ndsn = [ 'secret' ]",
        "line 2: the key db.dsn must be a string in quotes, not an array."
      ),
      (
        "[db]\ndsn = { password = 'secret' }",
        "line 2: the key db.dsn must be a string in quotes, not a table."
      ),
      ("[db]\nidle = '10'", "line 2: the key db.idle must be an integer, not a string."),
      (
        "[db]\nidle = 1.5",
        "line 2: the key db.idle must be an integer, not a floating-point number."
      ),
      ("[db]\nidle = true", "line 2: the key db.idle must be an integer, not a Boolean."),
      ("sql = 'x'", "line 1: the key sql must be a table, not a string."),
      ("[[db]]\ndsn = 'secret'", "line 1: the key db must be a table, not an array."),
      ("[db]\nidle = -1", "line 2: the key db.idle is -1; it must be from 0 to 2147483647."),
      ("[db]\n\nopen = 1", "line 3: the key db.open is 1; it must be from 2 to 2147483647."),
      (
        "run.stall_ms = 0", "line 1: the key run.stall_ms is 0; it must be from 1 to 2147483647."
      ),
      (
        "coordinator.kind = 'reddis'",
        "line 1: the key coordinator.kind is \"reddis\"; it must be \"db\", \"redis\","
          + " \"shared-memory\" or \"queue\"."
      ),
      // The first in the file counts, not the first in the alphabet.
      (
        "[run]\nbad = 1\n[db]\nbad = 2",
        "line 2: unknown key run.bad; the nearest known one is db.dsn."
      ),
    ])
  func wrong(_ text: String, _ reason: String) async {
    #expect(await refusal(text) == "test.toml, \(reason)")
  }

  @Test("Broken TOML is refused with line, column and the parser's words, but no secret")
  func broken() async {
    for (text, place) in [
      ("[db\ndsn = 'secret'", "line 1, column 4"),
      ("[db]\ndsn = \"root:secret@tcp(x)/y\nidle = 1", "line 2, column 28"),
      ("[db]\ndsn = secret", "line 2, column 7"),
      ("[db]\ndsn = tsecret", "line 2, column 8"),
      ("[db]\npassword = 99999999999999999999secret", "line 2, column 32"),
      ("[db]\nidle = 1\nidle = 2", "line 3, column 8"),
      ("[db]\n[db]", "line 2, column 1"),
    ] {
      let reason = await refusal(text)
      #expect(reason.hasPrefix("test.toml, \(place): not valid TOML: "), "\(reason)")
    }
    // Digits are a secret here without the word.
    let digits = await refusal("[db]\npassword = 99999999999999999999")
    #expect(!digits.contains("999"), "\(digits)")
  }

  @Test("A file that cannot be read is named")
  func unreadable() async throws {
    let error = #expect(throws: MuddledError.self) {
      try Configuration.load(file: "/nowhere/at.toml", environment: [:])
    }
    #expect(error?.code == .configuration)
    #expect(
      error?.message == "The configuration file /nowhere/at.toml cannot be read:"
        + " No such file or directory; name one with -c.")
    let folder = #expect(throws: MuddledError.self) {
      try Configuration.load(file: "/tmp", environment: [:])
    }
    #expect(folder?.message.contains("/tmp cannot be read: Is a directory") == true)
  }

  @Test("A secret is not shown by printing, dumping or interpolating it")
  func secret() async throws {
    let configuration = try await load(Self.minimal)
    var dumped = ""
    dump(configuration, to: &dumped)
    for shown in [dumped, "\(configuration)", String(reflecting: configuration)] {
      #expect(!shown.contains("secret"), "\(shown)")
      #expect(shown.contains("<REDACTED>"))
    }
  }
}
