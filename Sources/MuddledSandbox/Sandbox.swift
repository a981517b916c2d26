import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Private database servers in a temporary folder, for tests and demonstrations.
///
/// They listen on unix sockets and on free ports of 127.0.0.1, keep nothing, and end with the scope,
/// with ``stop()``, with the last reference or with this process, even if that is killed; the
/// folder goes with them. The MariaDB account is `root` without a password. Everybody on the
/// machine can reach the ports, so put no data into a sandbox that others must not see.
public actor Sandbox {
  /// The folder of everything: data, sockets, logs.
  public nonisolated let folder: String
  /// What the sandbox was asked to be.
  public nonisolated let options: Options
  /// The TCP port of MariaDB on 127.0.0.1; it stays when the server is restarted.
  public nonisolated let mariaDBPort: Int
  /// The TCP port of Redis on 127.0.0.1; it stays when the server is restarted.
  public nonisolated let redisPort: Int
  /// The TCP port of NATS on 127.0.0.1; it stays when the server is restarted.
  public nonisolated let natsPort: Int

  private nonisolated let home: SandboxFolder
  private nonisolated let programs: Programs
  private var mariaDB: ServerProcess?
  private var redis: ServerProcess?
  private var nats: ServerProcess?
  private var hasData = false
  /// How many databases ``makeDatabase()`` made.
  var madeDatabases = 0

  private init(_ options: Options, home: SandboxFolder) throws {
    self.home = home
    folder = home.path
    programs = Programs(folders: options.searchPath)
    self.options = options
    mariaDBPort = try freePort()
    redisPort = try freePort()
    natsPort = try freePort()
    mkdir(folder + "/files", 0o700)
  }

  /// Starts the servers, gives them to `body`, and stops them when that returns, throws or is cancelled.
  ///
  /// - Parameters:
  ///   - options: what the sandbox consists of.
  ///   - body: what to do with the servers, which answer when it is called.
  /// - Returns: what `body` returns.
  /// - Throws: what ``start(_:)`` and `body` throw.
  public static func withServers<Result>(
    _ options: Options = Options(), isolation: isolated (any Actor)? = #isolation,
    _ body: (Sandbox) async throws -> sending Result
  ) async throws -> sending Result {
    let sandbox = try await start(options)
    do {
      let result = try await body(sandbox)
      await sandbox.stop()
      return result
    } catch {
      await sandbox.stop()
      throw error
    }
  }

  /// Starts the servers, and waits until they answer and the init SQL has run.
  ///
  /// - Throws: ``MuddledError``: ``MuddledError/Code/unavailable`` if a program is missing (with the
  ///   package to install) or a server does not start (with the end of its log);
  ///   ``MuddledError/Code/missingInput`` or ``MuddledError/Code/unusableInput`` for the init SQL;
  ///   ``MuddledError/Code/usage`` for the database's name. `CancellationError` if the task is cancelled.
  public static func start(_ options: Options = Options()) async throws -> Sandbox {
    try check(options)
    var attempts = 5
    while true {
      attempts -= 1
      let sandbox = try Sandbox(options, home: await SandboxFolder())
      do {
        try await sandbox.startAll()
        return sandbox
      } catch let failure as StartFailure {
        await sandbox.stop()
        guard failure.isPortTaken, attempts > 0 else { throw failure.error }
      } catch {
        await sandbox.stop()
        throw error
      }
    }
  }

  /// Kills the servers and removes the folder; waits until both are gone. May be called again.
  public func stop() async {
    await mariaDB?.kill()
    await redis?.kill()
    await nats?.kill()
    await home.remove()
  }
}

// MARK: - One server

extension Sandbox {
  /// The process id of `mariadbd`; `nil` while it does not run.
  public var mariaDBProcessID: Int32? { mariaDB?.processID }

  /// The process id of `redis-server`; `nil` while it does not run.
  public var redisProcessID: Int32? { redis?.processID }

  /// Starts MariaDB again, on its data, sockets and port, and waits until it answers; does nothing if it runs.
  ///
  /// - Throws: ``MuddledError/Code/unavailable`` with the end of the server's log.
  public func startMariaDB() async throws {
    do { try await launchMariaDB() } catch let failure as StartFailure { throw failure.error }
  }

  /// Shuts MariaDB down in good order, and waits until it is gone; it is killed after 30 seconds.
  public func stopMariaDB() async {
    mariaDB?.send(signal: "TERM")
    await mariaDB?.waitForEnd(atMost: .seconds(30))
  }

  /// Kills MariaDB without warning, and waits until it is gone. What was committed stays.
  public func killMariaDB() async { await mariaDB?.kill() }

  /// Starts Redis again on its sockets and port, and waits until it answers; does nothing if it runs.
  ///
  /// It has lost its keys, unless ``Options/redisArguments`` made it keep them
  /// (`["--appendonly", "yes", "--appendfsync", "no"]` survives a kill of the server).
  /// - Throws: ``MuddledError/Code/unavailable`` with the end of the server's log.
  public func startRedis() async throws {
    do { try await launchRedis() } catch let failure as StartFailure { throw failure.error }
  }

  /// Shuts Redis down in good order, and waits until it is gone; it is killed after 30 seconds.
  public func stopRedis() async {
    redis?.send(signal: "TERM")
    await redis?.waitForEnd(atMost: .seconds(30))
  }

  /// Kills Redis without warning, and waits until it is gone.
  public func killRedis() async { await redis?.kill() }

  /// The process id of `nats-server`; `nil` while it does not run.
  public var natsProcessID: Int32? { nats?.processID }

  /// Starts NATS again on its streams and port, and waits until it answers; does nothing if it runs.
  ///
  /// - Parameter keepsData: whether it finds its streams again; otherwise they are removed first.
  /// - Throws: ``MuddledError/Code/unavailable`` with the end of the server's log.
  public func startNATS(keepsData: Bool = true) async throws {
    if !keepsData, nats?.hasEnded != false {
      rename(folder + "/nats", folder + "/nats-\(UInt32.random(in: .min ... .max))")
    }
    do { try await launchNATS() } catch let failure as StartFailure { throw failure.error }
  }

  /// Kills NATS without warning, and waits until it is gone. What it has acknowledged stays.
  public func killNATS() async { await nats?.kill() }
}

// MARK: - Starting

extension Sandbox {
  private static func check(_ options: Options) throws {
    let name = options.database
    let isPlain = name.utf8.allSatisfy { byte in
      byte == UInt8(ascii: "_")
        || (byte < 128 && (Character(UnicodeScalar(byte)).isLetter || byte >= 48 && byte <= 57))
    }
    guard isPlain, (1...64).contains(name.utf8.count) else {
      throw MuddledError(
        .usage,
        "The database's name \"\(name)\" is not 1 to 64 letters, digits and underscores.")
    }
    if options.mariaDB, let file = options.initSQL { try checkReadable(file) }
  }

  /// Starts what was asked for; the others come up while MariaDB does.
  private func startAll() async throws {
    async let redisStart: Void = options.redis ? launchRedis() : ()
    async let natsStart: Void = options.nats ? launchNATS() : ()
    if options.mariaDB {
      try await launchMariaDB()
      if let file = options.initSQL { try await runSQL(file: file) }
    }
    try await redisStart
    try await natsStart
  }

  private func launchNATS() async throws {
    if let nats, !nats.hasEnded { return }
    let server = Server.nats(
      program: try programs.path(of: .nats), folder: folder, port: natsPort,
      arguments: options.natsArguments)
    nats = try await server.start(in: home, waitingAtMost: options.startTimeout)
  }

  private func launchRedis() async throws {
    if let redis, !redis.hasEnded { return }
    let server = Server.redis(
      program: try programs.path(of: .redis), folder: folder, port: redisPort,
      arguments: options.redisArguments)
    redis = try await server.start(in: home, waitingAtMost: options.startTimeout)
  }

  private func launchMariaDB() async throws {
    if let mariaDB, !mariaDB.hasEnded { return }
    let server = Server.mariaDB(
      program: try programs.path(of: .mariaDB), folder: folder, port: mariaDBPort,
      user: options.mariaDBUser, generalLog: options.generalLog ? generalLog : nil,
      arguments: options.mariaDBArguments)
    if hasData {
      mariaDB = try await server.start(in: home, waitingAtMost: options.startTimeout)
      return
    }
    let isFromTemplate = try await makeData(server, ignoringTemplate: false)
    do {
      mariaDB = try await server.start(in: home, waitingAtMost: options.startTimeout)
    } catch let failure as StartFailure where isFromTemplate && !failure.isPortTaken {
      // The template may be broken, or the server's libraries may be newer than it: once more without it.
      _ = try await makeData(server, ignoringTemplate: true)
      mariaDB = try await server.start(in: home, waitingAtMost: options.startTimeout)
    }
    hasData = true
  }

  private func makeData(_ server: Server, ignoringTemplate: Bool) async throws -> Bool {
    let directory = DataDirectory(
      programs: programs, cacheFolder: options.cacheFolder, temporaryFolder: folder,
      keeper: home.keeperDescriptor)
    let isFromTemplate = try await directory.make(
      at: folder + "/data", server: server.command[0], ignoringTemplate: ignoringTemplate)
    // A database is a folder; without a db.opt it has the server's character set.
    mkdir(folder + "/data/" + options.database, 0o700)
    if geteuid() == 0, options.mariaDBUser != "root" {
      try await directory.give(to: options.mariaDBUser)
    }
    return isFromTemplate
  }
}
