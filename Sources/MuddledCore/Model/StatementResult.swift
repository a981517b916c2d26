/// What one statement returned.
public enum StatementResult: Hashable, Sendable {
  /// A result set.
  case rows(ResultRows)
  /// Success without a result set, and how many rows were changed.
  case ok(affected: UInt64)
  /// The server refused the statement, or ended it.
  case error(ServerError)
  /// Muddled cancelled the statement, because nothing else would have ended its wait.
  case cancelled
}

/// The rows of a result set.
public struct ResultRows: Hashable, Sendable {
  /// The names of the columns.
  public var columns: [String]
  /// The rows, each with one value a column. Shorter than ``count`` if there were too many to keep.
  public var rows: [[SQLValue]]
  /// How many rows the server sent.
  public var count: UInt64
  /// A digest over all rows if some are not in ``rows``.
  public var digest: Digest?

  /// Makes a result set.
  ///
  /// - Parameters:
  ///   - columns: the names of the columns.
  ///   - rows: the rows that are kept.
  ///   - count: how many rows there were; by default as many as are kept.
  ///   - digest: the digest over all rows if some are not kept.
  public init(
    columns: [String], rows: [[SQLValue]], count: UInt64? = nil, digest: Digest? = nil
  ) {
    self.columns = columns
    self.rows = rows
    self.count = count ?? UInt64(rows.count)
    self.digest = digest
  }
}

/// What a server said when it refused a statement.
public struct ServerError: Hashable, Sendable {
  /// The server's error number, such as 1213.
  public let code: Int
  /// The five characters of the SQLSTATE, such as `40001`.
  public let sqlstate: String
  /// The server's words.
  public let message: String

  /// Makes an error.
  public init(code: Int, sqlstate: String, message: String) {
    self.code = code
    self.sqlstate = sqlstate
    self.message = message
  }
}
