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
    guard named.isEmpty else { return try await body(try .mariaDB(named)) }
    let servers = Sandbox.Options(mariaDBArguments: Sandbox.Options.lockListArguments)
    return try await Sandbox.withServers(servers) { sandbox in
      try await body(try .mariaDB(sandbox.mariaDBDSN()))
    }
  }
}
