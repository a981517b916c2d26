import MuddledCore
import MuddledMariaDB
import MuddledRedis
import MuddledSharedMemory

#if NATS
  import MuddledNATS
#endif

// From the values of the configuration to the core's and the drivers' types.
extension Configuration {
  /// The database under test, on the loop that drives this process's connections.
  func makeDatabase(loop: EventLoop) throws -> MariaDBDatabase {
    var options = MariaDBDatabase.Options()
    options.maximumConnections = database.open
    return MariaDBDatabase(try dsn(database.dsn, key: "db.dsn"), options: options, loop: loop)
  }

  /// What the database under test is called, with its password.
  var databaseDSN: String? { database.dsn?.value }

  /// The place where the nodes of the batch meet.
  func makeCoordinator(batch: String, loop: EventLoop) async throws -> any Coordinator {
    switch coordinatorKind {
    case .db:
      let dsn = try dsn(coordinationDatabase.dsn, key: "cdb.dsn")
      // It connects at once, and there may be two DSNs that name the same server.
      return try await naming("cdb.dsn") {
        try await DatabaseCoordinator(dsn, batch: batch, on: loop)
      }
    case .redis:
      let url = try naming("coordinator.url") { try RedisURL(coordinatorURL?.value ?? "") }
      return try RedisCoordinator(url: url, batch: batch, on: loop)
    case .sharedMemory:
      return try await naming("coordinator.name") {
        try await SharedMemoryCoordinator(name: coordinatorName, batch: batch, on: loop)
      }
    case .queue:
      #if NATS
        let url = try naming("coordinator.url") { try NATSURL(coordinatorURL?.value ?? "") }
        return QueueCoordinator(try NATSQueue(url: url, batch: batch, on: loop), on: loop)
      #else
        try Self.checkQueueIsBuilt()
        preconditionFailure("the configuration was not checked")
      #endif
    }
  }

  /// All batches of the store in which the nodes meet.
  func makeBatchDirectory(loop: EventLoop) async throws -> any BatchDirectory {
    switch coordinatorKind {
    case .db:
      let dsn = try dsn(coordinationDatabase.dsn, key: "cdb.dsn")
      return try await naming("cdb.dsn") { try await DatabaseBatchDirectory(dsn, loop: loop) }
    case .redis:
      let url = try naming("coordinator.url") { try RedisURL(coordinatorURL?.value ?? "") }
      return RedisBatchDirectory(url: url, on: loop)
    case .sharedMemory:
      return try naming("coordinator.name") {
        try SharedMemoryBatchDirectory(name: coordinatorName)
      }
    case .queue:
      #if NATS
        let url = try naming("coordinator.url") { try NATSURL(coordinatorURL?.value ?? "") }
        return NATSBatchDirectory(url: url)
      #else
        try Self.checkQueueIsBuilt()
        preconditionFailure("the configuration was not checked")
      #endif
    }
  }

  /// Throws unless this program can use a queue.
  static func checkQueueIsBuilt() throws {
    #if !NATS
      throw MuddledError(
        .configuration,
        "coordinator.kind is \"queue\", and this muddled was built without NATS; build it with: "
          + "swift build --traits NATS")
    #endif
  }

  /// One node's part in a batch, with its scripts read.
  func makeNode(id: String, partners: [String], batch: String) async throws -> BatchConfiguration {
    var node = BatchConfiguration(
      node: id, partners: partners, batch: batch,
      steps: try await loadSteps(node: id))
    node.reset = try await script(resetPath, name: "reset file")
    node.checks = try await script(checkPath, name: "check file")
    node.lease = lease
    node.rejoinTimeout = rejoinTimeout
    node.registerTimeout = registerTimeout
    node.stallTimeout = stallTimeout
    node.assumeBlockedTimeout = assumeBlockedAfter
    node.stepTimeout = stepTimeout
    return node
  }

  private func loadSteps(node: String) async throws -> [Step] {
    switch steps {
    case nil: preconditionFailure("the configuration was not read for a client")
    case .file(let path): return try await FileLoader(path: path).load()
    case .database(let dsn, let table):
      let key = dsn == nil ? "db.dsn" : "sql.dsn"
      let loader = DatabaseLoader(
        try self.dsn(dsn ?? database.dsn, key: key), node: node, table: table)
      return try await load(loader, from: key)
    case .redis(let url, let key):
      let name = url == nil ? "coordinator.url" : "sql.url"
      let loader = RedisLoader(
        url: try naming(name) { try RedisURL((url ?? coordinatorURL)?.value ?? "") },
        node: node, key: key)
      return try await load(loader, from: name)
    case .standardInput: return try await StandardInputLoader().load()
    }
  }

  /// Loads, and names the key of the address if the store is not there or refuses the login.
  private func load(_ loader: any Loader, from key: String) async throws -> [Step] {
    do { return try await loader.load() } catch let error as MuddledError
      where [.configuration, .unavailable].contains(error.code)
    { throw named(error, key) }
  }

  private func script(_ path: String?, name: String) async throws -> [String]? {
    guard let path else { return nil }
    return try await SQLScript.reading(path, as: name).statements.map(\.text)
  }

  private func dsn(_ text: Secret?, key: String) throws -> MariaDBDSN {
    try naming(key) { try MariaDBDSN(text?.value ?? "") }
  }

  /// Says in an error which key it is about, and where its value came from.
  private func naming<Value>(_ key: String, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as MuddledError { throw named(error, key) }
  }

  /// The same for what takes its time.
  private func naming<Value: Sendable>(
    _ key: String, _ body: () async throws -> Value
  ) async throws -> Value {
    do { return try await body() } catch let error as MuddledError { throw named(error, key) }
  }

  private func named(_ error: MuddledError, _ key: String) -> MuddledError {
    let place =
      switch sources[key] {
      case .environment(let name): " (from \(name))"
      case .file(let line): " (line \(line) of the config file)"
      default: ""
      }
    return MuddledError(error.code, "\(key)\(place): \(error.message)")
  }
}
