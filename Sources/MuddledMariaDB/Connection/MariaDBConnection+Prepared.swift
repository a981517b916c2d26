import MuddledCore

/// A value bound to a prepared statement.
enum BoundValue: Sendable {
  case bytes([UInt8])
  case number(UInt64)

  static func text(_ text: String) -> BoundValue { .bytes(Array(text.utf8)) }
}

/// What a prepared statement returned; the values are in the server's text form.
enum PreparedResult: Sendable {
  case rows([[[UInt8]?]])
  case ok(affected: UInt64)
  case error(ServerError)
}

extension MariaDBConnection {
  /// Runs a statement with values bound to its question marks; it is prepared at its first use.
  ///
  /// - Throws: ``SessionLost`` if the connection broke.
  func execute(_ sql: String, _ values: [BoundValue]) async throws -> PreparedResult {
    guard isOpen else { throw SessionLost("connection \(connectionID) is closed") }
    begin()
    defer { end() }
    if statements[sql] == nil, let error = try await prepare(sql) { return .error(error) }
    guard let statement = statements[sql] else { preconditionFailure("prepared, but not there") }
    precondition(values.count == statement.parameterCount, "one value per ? of \(sql)")
    if let error = await finish(statement.execute(values)) {
      return .error(try unlessLost(error))
    }
    guard statement.hasRows else { return .ok(affected: statement.affectedRows) }
    return try await fetch(statement)
  }

  /// Prepares statements ahead of their first use; one that the server refuses will say so at its use.
  ///
  /// - Throws: ``SessionLost`` if the connection broke.
  func prepare(all statements: [String]) async throws {
    guard isOpen else { throw SessionLost("connection \(connectionID) is closed") }
    begin()
    defer { end() }
    for sql in statements where self.statements[sql] == nil { _ = try await prepare(sql) }
  }

  private func fetch(_ statement: PreparedStatement) async throws -> PreparedResult {
    defer { statement.freeResult() }
    var rows: [[[UInt8]?]] = []
    while true {
      switch await finish(statement.fetch()) {
      case .row(let row): rows.append(row)
      case .end: return .rows(rows)
      case .failure(let error): return .error(try unlessLost(error))
      }
    }
  }

  private func prepare(_ sql: String) async throws -> ServerError? {
    let statement = handle.statement()
    if let error = await finish(statement.prepare(sql)) { return try unlessLost(error) }
    statements[sql] = statement
    return nil
  }

  /// The server's answer to a statement, if it is one.
  private func unlessLost(_ error: ServerError) throws -> ServerError {
    if error.meansLostConnection { throw lost(error) }
    return error
  }
}
