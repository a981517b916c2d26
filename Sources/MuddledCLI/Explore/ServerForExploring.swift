import Foundation
import MuddledCore
import MuddledMariaDB
import MuddledSandbox

/// The server that a scenario is explored on: the one that was named, or a private one.
enum ServerForExploring {
  static func with<Value: Sendable>(
    _ dsn: String?, _ body: @Sendable (MariaDBDatabase) async throws -> Value
  ) async throws -> Value {
    let named = dsn ?? ProcessInfo.processInfo.environment["MUDDLED_DB_DSN"] ?? ""
    var options = MariaDBDatabase.Options()
    options.maximumConnections = 300
    guard named.isEmpty else {
      let database = MariaDBDatabase(try MariaDBDSN(named), options: options)
      let value = try await body(database)
      await database.close()
      return value
    }
    let sandboxed = options
    let servers = Sandbox.Options(mariaDBArguments: Sandbox.Options.lockListArguments)
    return try await Sandbox.withServers(servers) { sandbox in
      let database = MariaDBDatabase(try MariaDBDSN(sandbox.mariaDBDSN()), options: sandboxed)
      let value = try await body(database)
      await database.close()
      return value
    }
  }
}
