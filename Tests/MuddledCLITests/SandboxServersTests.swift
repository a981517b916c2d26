import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Subprocess
import Testing

@Suite("Sandbox servers", .timeLimit(.minutes(20)), .serialized, .inTurn)
struct SandboxServersTests {
  @Test("MariaDB can be stopped, killed and started again, and keeps what it committed")
  func mariaDBRestart() async throws {
    try await Sandbox.withServers { sandbox in
      _ = try await sandbox.query("CREATE TABLE client_test.t (id INT PRIMARY KEY)")
      let first = try #require(await sandbox.mariaDBProcessID)
      await sandbox.stopMariaDB()
      #expect(!isAlive(first))
      #expect(await sandbox.mariaDBProcessID == nil)
      await #expect(throws: MuddledError.self) { try await sandbox.query("SELECT 1") }
      try await sandbox.startMariaDB()
      _ = try await sandbox.query("INSERT INTO client_test.t VALUES (7)")
      let second = try #require(await sandbox.mariaDBProcessID)
      #expect(second != first)
      await sandbox.killMariaDB()
      #expect(!isAlive(second))
      #expect(exists(sandbox.folder))
      try await sandbox.startMariaDB()
      try await sandbox.startMariaDB()
      #expect(try await sandbox.query("SELECT id FROM client_test.t") == "7\n")
    }
  }

  @Test("Redis can be killed and started again, and keeps its keys if it is told to")
  func redisRestart() async throws {
    var options = Sandbox.Options(mariaDB: false, redis: true)
    options.redisArguments = ["--appendonly", "yes", "--appendfsync", "no"]
    try await Sandbox.withServers(options) { sandbox in
      #expect(await sandbox.mariaDBProcessID == nil)
      _ = try await ProgramRun("redis-cli", ["-s", sandbox.redisSocket, "SET", "key", "value"])
      let first = try #require(await sandbox.redisProcessID)
      await sandbox.killRedis()
      #expect(!isAlive(first))
      try await sandbox.startRedis()
      await sandbox.stopRedis()
      #expect(await sandbox.redisProcessID == nil)
      try await sandbox.startRedis()
      let value = try await ProgramRun("redis-cli", ["-s", sandbox.redisSocket, "GET", "key"])
      #expect(value.output == "value\n")
    }
  }

  @Test("A template that is broken is made again, and one that cannot be written is done without")
  func templates() async throws {
    try await withFolder { cache in
      let options = Sandbox.Options(cacheFolder: cache)
      try await Sandbox.withServers(options) { _ in }
      let list = try await ProgramRun("ls", [cache])
      let template = cache + "/" + list.output.split(separator: "\n")[0]
      #expect(list.output.split(separator: "\n").count == 1)
      let names = try await ProgramRun("tar", ["-tf", template]).output.split(separator: "\n")
      #expect(names.contains { $0.contains("global_priv.") })
      for breaking in [
        // Nothing; no archive; half an archive; an archive without the account tables.
        ": >\"$1\"", "echo rubbish >\"$1\"", "truncate -s 1000000 \"$1\"",
        "tar --delete -f \"$1\" --wildcards '*/global_priv.*'",
      ] {
        let broken = try await ProgramRun("sh", ["-c", breaking, "sh", template])
        #expect(broken.status == .exited(0), "\(breaking): \(broken.errors)")
        try await Sandbox.withServers(options) { sandbox in
          let answer = try await sandbox.query("SELECT 1")
          #expect(answer == "1\n", "\(breaking)")
        }
        // Its size differs from time to time; what is in it does not.
        let again = try await ProgramRun("tar", ["-tf", template])
        #expect(again.status == .exited(0), "\(breaking): \(again.errors)")
        #expect(
          Set(again.output.split(separator: "\n")) == Set(names), "\(breaking)")
      }
      write("a file", to: cache + "/file")
      for folder in [nil, cache + "/file/below", "/proc/muddled"] {
        try await Sandbox.withServers(Sandbox.Options(cacheFolder: folder)) { sandbox in
          let answer = try await sandbox.query("SELECT 1")
          #expect(answer == "1\n")
        }
      }
    }
  }

  @Test("A missing server is refused with the package to install, before a folder is left behind")
  func missingPrograms() async throws {
    try await withFolder { empty in
      for (options, package) in [
        (Sandbox.Options(searchPath: [empty]), "mariadb-server"),
        (Sandbox.Options(mariaDB: false, redis: true, searchPath: [empty]), "redis-server"),
      ] {
        let error = await #expect(throws: MuddledError.self) { try await Sandbox.start(options) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("apt-get install \(package)") == true)
      }
    }
  }

  @Test("A server that ends while it starts shows the end of its log")
  func startFailure() async throws {
    for (options, words) in [
      (Sandbox.Options(mariaDBArguments: ["--no-such-option"]), "no-such-option"),
      (
        Sandbox.Options(mariaDB: false, redis: true, redisArguments: ["--nonsense", "1"]),
        "nonsense"
      ),
    ] {
      let error = await #expect(throws: MuddledError.self) { try await Sandbox.start(options) }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
  }

  @Test(
    "The init SQL runs in the database, and stops the start with the client's words if it fails")
  func initSQL() async throws {
    try await withFolder { folder in
      let file = folder + "/init.sql"
      write("CREATE TABLE t (name TEXT);\nINSERT INTO t VALUES ('Zoë');\n", to: file)
      try await Sandbox.withServers(Sandbox.Options(initSQL: file)) { sandbox in
        let bytes = try await sandbox.query("SELECT HEX(name) FROM client_test.t")
        #expect(bytes == "5A6FC3AB\n")
      }
      write("SELECT 1;\nSELEC 2;\n", to: file)
      let failing = await #expect(throws: MuddledError.self) {
        try await Sandbox.start(Sandbox.Options(initSQL: file))
      }
      #expect(failing?.code == .unusableInput)
      #expect(
        failing?.message.hasPrefix("The init SQL \(file) failed: ERROR 1064 (42000) at line 2")
          == true)
      let missing = await #expect(throws: MuddledError.self) {
        try await Sandbox.start(Sandbox.Options(initSQL: folder + "/none.sql"))
      }
      #expect(missing?.code == .missingInput)
    }
  }
}
