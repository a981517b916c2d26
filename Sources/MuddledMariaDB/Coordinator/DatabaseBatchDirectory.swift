public import MuddledCore

/// The batches that meet in one coordination database, as ``DatabaseCoordinator`` keeps them.
///
/// It makes no tables. All operations may be called from any task, and queue up for one connection.
public final class DatabaseBatchDirectory: BatchDirectory {
  private let tables: CoordinatorTables

  /// Connects.
  ///
  /// - Parameters:
  ///   - dsn: the server, the account, and the database that holds the tables.
  ///   - options: what can be chosen.
  /// - Throws: ``MuddledError``: ``MuddledError/Code/unavailable`` if the server is not there,
  ///   ``MuddledError/Code/configuration`` if it refuses the login, or the DSN names no database.
  public convenience init(
    _ dsn: MariaDBDSN, options: DatabaseCoordinator.Options = .init()
  ) async throws {
    try await self.init(dsn, options: options, loop: .mariaDB)
  }

  /// Connects as above, with a connection driven by `loop`.
  package init(
    _ dsn: MariaDBDSN, options: DatabaseCoordinator.Options = .init(), loop: EventLoop
  ) async throws {
    try DatabaseCoordinator.checkNamesDatabase(dsn)
    tables = CoordinatorTables(dsn, options: options, loop: loop)
    do { try await tables.connection.open() } catch {
      await tables.connection.close()
      throw error
    }
  }

  /// The ids of the batches; none if the tables are not there.
  public func batches() async throws -> [String] {
    guard try await hasTables() else { return [] }
    return try await tables.select(CoordinatorSQL.batches, []).map {
      String(decoding: $0[0] ?? [], as: UTF8.self)
    }
  }

  /// What the tables hold of a batch.
  public func batch(_ id: String) async throws -> StoredBatch? {
    guard try await hasTables() else { return nil }
    let found = try await tables.select(CoordinatorSQL.age, [.text(id)])
    guard let row = found.first else { return nil }
    return try await StoredBatch(
      id: id, age: .microseconds(Int64(try number(row[0]))),
      reading: DatabaseCoordinator(lookingAt: id, in: tables))
  }

  /// Deletes a batch's rows; the tables stay.
  public func remove(_ id: String) async throws {
    guard try await hasTables() else { return }
    try await tables.forget(.text(id))
  }

  /// Ends the connection.
  public func close() async { await tables.connection.close() }

  private func hasTables() async throws -> Bool {
    for table in CoordinatorSQL.tables {
      let look = "SELECT \(table.columns) FROM \(table.name) LIMIT 0"
      guard let error = try await tables.failure(of: look) else { continue }
      // ER_NO_SUCH_TABLE
      guard error.code == 1146 else { throw CoordinatorTables.refused(error, tables.dsn) }
      return false
    }
    return true
  }
}
