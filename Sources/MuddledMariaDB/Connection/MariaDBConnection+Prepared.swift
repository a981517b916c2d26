import CMariaDB
import MuddledCore

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
    let pointer = statement.pointer
    let parameters = BoundParameters(values)
    precondition(values.count == Int(mysql_stmt_param_count(pointer)), "one value per ? of \(sql)")
    if !values.isEmpty { mysql_stmt_bind_param(pointer, parameters.binds.baseAddress) }
    let code = await call(Int32(0)) {
      mysql_stmt_execute_start($0, pointer)
    } resume: {
      mysql_stmt_execute_cont($0, pointer, $1)
    }
    // The library has the values in its own buffer now; until here it read them from ours.
    _ = consume parameters
    if code != 0 { return .error(try failure(of: statement)) }
    guard statement.hasRows else { return .ok(affected: mysql_stmt_affected_rows(pointer)) }
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
    let pointer = statement.pointer
    defer { mysql_stmt_free_result(pointer) }
    var rows: [[[UInt8]?]] = []
    while true {
      let code = await call(Int32(0)) {
        mysql_stmt_fetch_start($0, pointer)
      } resume: {
        mysql_stmt_fetch_cont($0, pointer, $1)
      }
      switch code {
      // A value that is longer than its buffer counts as truncated, and is read again in full.
      case 0, MYSQL_DATA_TRUNCATED: rows.append(statement.row)
      case MYSQL_NO_DATA: return .rows(rows)
      default: return .error(try failure(of: statement))
      }
    }
  }

  private func prepare(_ sql: String) async throws -> ServerError? {
    guard let pointer = mysql_stmt_init(handle.mysql) else {
      preconditionFailure("mysql_stmt_init is out of memory")
    }
    let text = sql.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
    defer { copy.deallocate() }
    for (index, byte) in text.enumerated() { copy[index] = byte }
    let code = await call(Int32(0)) {
      mysql_stmt_prepare_start($0, pointer, copy, UInt(text.count - 1))
    } resume: {
      mysql_stmt_prepare_cont($0, pointer, $1)
    }
    let statement = PreparedStatement(pointer)
    if code != 0 { return try failure(of: statement) }
    statements[sql] = statement
    return nil
  }

  private func failure(of statement: PreparedStatement) throws -> ServerError {
    let error = statement.lastError
    if error.meansLostConnection { throw lost(error) }
    return error
  }
}
