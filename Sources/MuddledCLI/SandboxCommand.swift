import ArgumentParser
import MuddledCore
import MuddledSandbox
import Subprocess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `muddled sandbox`: runs a command beside private servers.
struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract: "Run a command beside a private MariaDB (and Redis or NATS) that ends with it.",
    usage:
      "muddled sandbox [--redis | --nats] [--init <file>] [--database <name>] -- <command> ...",
    discussion: """
      Starts the servers in a temporary folder, on unix sockets and free ports of 127.0.0.1, \
      without durability; waits until they answer; runs the command, and exits with its code \
      (128 + n if signal n ended it). Servers and folder are gone afterwards, however it ends.

      The command's environment gets:
        MUDDLED_DB_DSN           the database under test, root:@unix(<socket>)/<name>
        MUDDLED_CDB_DSN          the coordination database, the same one
        MUDDLED_COORDINATOR_URL  with --redis: redis://127.0.0.1:<port>/0, \
                                 with --nats: nats://127.0.0.1:<port>
        MUDDLED_SANDBOX_DIR      the temporary folder, which holds the servers' logs
        MUDDLED_SANDBOX_SOCKET   the unix socket of MariaDB

      A template of MariaDB's data directory (some MB) is kept in $XDG_CACHE_HOME/muddled or \
      ~/.cache/muddled, and may be deleted at any time.
      """)

  @Flag(help: "Start a redis-server too.")
  var redis = false

  @Flag(help: "Start a nats-server with JetStream too.")
  var nats = false

  @Option(
    name: .customLong("init"),
    help: .init("SQL to run in the database before the command.", valueName: "file"))
  var initFile: String?

  @Option(help: .init("The name of a database that exists from the start.", valueName: "name"))
  var database = "client_test"

  @Argument(
    parsing: .postTerminator, help: .init("The command and its arguments.", valueName: "command"))
  var command: [String] = []

  func run() async throws {
    var code: Int32 = 0
    try await exitingWithCode { code = try await runCommand() }
    if code != 0 { throw ExitCode(code) }
  }

  /// - Returns: the command's exit code.
  private func runCommand() async throws -> Int32 {
    guard let program = command.first else {
      throw MuddledError(
        .usage, "The sandbox has nothing to run; say: muddled sandbox -- COMMAND ...")
    }
    if redis && nats {
      throw MuddledError(
        .usage,
        "The sandbox tells the command one MUDDLED_COORDINATOR_URL; give either --redis or --nats.")
    }
    let executable = try await Self.find(program)
    let options = Sandbox.Options(redis: redis, nats: nats, database: database, initSQL: initFile)
    return try await Sandbox.withServers(options) { sandbox in
      var changes: [Environment.Key: String?] = [
        "MUDDLED_DB_DSN": sandbox.mariaDBDSN(),
        "MUDDLED_CDB_DSN": sandbox.mariaDBDSN(),
        "MUDDLED_SANDBOX_DIR": sandbox.folder,
        "MUDDLED_SANDBOX_SOCKET": sandbox.mariaDBSocket,
      ]
      if redis { changes["MUDDLED_COORDINATOR_URL"] = sandbox.redisURL }
      if nats { changes["MUDDLED_COORDINATOR_URL"] = sandbox.natsURL }
      return try await SandboxedCommand(
        executable: executable, arguments: command, changes: changes
      ).run()
    }
  }

  /// Finds the command before anything is started for it.
  private static func find(_ program: String) async throws -> Executable {
    let wanted: Executable =
      program.contains("/") ? .path(.init(program)) : .name(program)
    let path = try? await wanted.resolveExecutablePath(in: .inherit)
    var status = stat()
    guard let path, access(path.string, X_OK) == 0, stat(path.string, &status) == 0,
      status.st_mode & S_IFMT == S_IFREG
    else {
      throw MuddledError(
        .usage, "The command \(program) is not there or not executable; name one that is.")
    }
    return .path(path)
  }
}
