import CMariaDB
package import MuddledCore

extension MariaDBConnection {
  /// Runs one statement and takes all that it returns.
  ///
  /// - Parameters:
  ///   - sql: one statement.
  ///   - limit: how many bytes of rows to keep; further rows are counted and digested.
  /// - Throws: ``SessionLost``, or `CancellationError` if the task was cancelled, and the connection with it.
  package func query(_ sql: String, keeping limit: Int) async throws -> [StatementResult] {
    try await query(sql, keeping: limit, isNested: false)
  }

  /// - Parameter isNested: whether the caller holds the connection already.
  // Inlined into a loop, this crashes the optimizer of Swift 6.3.1.
  @inline(never)
  func query(
    _ sql: String, keeping limit: Int, isNested: Bool
  ) async throws -> [StatementResult] {
    guard isOpen else { throw SessionLost("connection \(connectionID) is closed") }
    if !isNested { begin() }
    defer { if !isNested { end() } }
    guard try await send(sql) else { return [.error(try failure())] }
    var results: [StatementResult] = []
    var left = limit
    while true {
      results.append(try await result(keeping: &left))
      guard mysql_more_results(mysql) != 0 else { return results }
      var code: Int32 = 0
      let started = mysql_next_result_start(&code, mysql)
      await finish(started) { mysql_next_result_cont(&code, mysql, $0) }
      if code > 0 {
        results.append(.error(try failure()))
        return results
      }
    }
  }

  /// - Returns: false if the statement failed.
  private func send(_ sql: String) async throws -> Bool {
    var sql = sql
    // A native string of the standard library is contiguous; this is for bridged ones.
    sql.makeContiguousUTF8()
    let length = sql.utf8.count
    // The library reads the text until the reply has come.
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: length + 1)
    defer { text.deallocate() }
    sql.utf8.withContiguousStorageIfAvailable { bytes in
      UnsafeMutableRawPointer(text).copyMemory(from: bytes.baseAddress!, byteCount: length)
    }
    text[length] = 0
    var code: Int32 = 0
    let started = mysql_real_query_start(&code, mysql, text, UInt(length))
    await finish(started) { mysql_real_query_cont(&code, mysql, $0) }
    return code == 0
  }

  private func result(keeping limit: inout Int) async throws -> StatementResult {
    guard mysql_field_count(mysql) > 0 else {
      return .ok(affected: mysql_affected_rows(mysql))
    }
    guard let result = mysql_use_result(mysql) else { return .error(try failure()) }
    defer { mysql_free_result(result) }
    var reader = ResultReader(result, keeping: limit)
    while true {
      var row: MYSQL_ROW?
      let started = mysql_fetch_row_start(&row, result)
      await finish(started) { mysql_fetch_row_cont(&row, result, $0) }
      guard let row else { break }
      reader.take(row)
    }
    guard mysql_errno(mysql) == 0 else { return .error(try failure()) }
    limit = reader.bytesLeft
    return .rows(reader.rows)
  }

  /// The server's error, if it is an answer.
  func failure() throws -> ServerError {
    let error = mysql.lastError
    if error.meansLostConnection { throw lost(error) }
    return error
  }
}
