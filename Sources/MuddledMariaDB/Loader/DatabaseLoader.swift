public import MuddledCore

/// Loads a client's steps from a table of a MariaDB, MySQL or TiDB server: each row is a step.
///
/// It opens a connection for it, and reads all rows with one query.
public struct DatabaseLoader: Loader {
  /// Where the server is, and how to log in.
  public let dsn: MariaDBDSN
  /// The id of the node whose rows are read.
  public let node: String
  /// The table and its columns.
  public let table: Table
  /// The longest silence of the server, besides the DSN's read time-out.
  public let timeout: Duration

  /// Makes a loader; nothing is connected yet.
  ///
  /// - Parameters:
  ///   - dsn: where the server is. Its character set does not count: what is read arrives as UTF-8.
  ///   - node: the id of the node whose rows are read.
  ///   - table: the table and its columns.
  ///   - timeout: the longest silence of the server; 10 s by default.
  public init(
    _ dsn: MariaDBDSN, node: String, table: Table = Table(), timeout: Duration = .seconds(10)
  ) {
    self.dsn = dsn
    self.node = node
    self.table = table
    self.timeout = timeout
  }

  /// Reads the node's rows in their sequence.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/missingInput`` if the table is not there or has no row of
  ///   the node, ``MuddledError/Code/unusableInput`` if a column is not there, or a row cannot be a step,
  ///   ``MuddledError/Code/configuration`` if the server refuses the login or the query, and
  ///   ``MuddledError/Code/unavailable`` if the server is not there.
  public func load() async throws -> [Step] {
    let rows = try await withConnection { try await read($0) }
    guard !rows.isEmpty else {
      throw MuddledError(
        .missingInput,
        "\(place) has no row whose \(table.nodeColumn) is \(node.quoted): insert the node's statements."
      )
    }
    guard rows.count <= LoaderLimits.steps else {
      throw MuddledError(
        .unusableInput,
        "\(place) has more than \(LoaderLimits.steps) statements of node \(node.quoted): remove some."
      )
    }
    let numbered = try rows.map { (sequence: try sequence($0[0]), statement: $0[1]) }
      .sorted { $0.sequence < $1.sequence }
    for (row, next) in zip(numbered, numbered.dropFirst()) where row.sequence == next.sequence {
      throw unusable(row.sequence, "stands there twice, so that nobody knows which comes first.")
    }
    return try numbered.map { try step($0.statement, at: $0.sequence) }
  }

  private func withConnection<Result: Sendable>(
    _ body: (MariaDBConnection) async throws -> Result
  ) async throws -> Result {
    var utf8 = dsn
    (utf8.charset, utf8.collation) = (MariaDBDSN().charset, nil)
    let connection = try await MariaDBConnection.open(utf8, on: .mariaDB, breaksWhenCancelled: true)
    await connection.limitSilence(to: timeout)
    do {
      let result = try await body(connection)
      await connection.close()
      return result
    } catch let lost as SessionLost {
      throw MuddledError(
        .unavailable, "\(place) could not be read: \(lost); is the server still running?")
    } catch {
      await connection.close()
      throw error
    }
  }

  /// The table for messages.
  private var place: String { "the table \(table.name) at \(dsn)" }
}

// MARK: Rows

extension DatabaseLoader {
  /// The sequence and the statement of each of the node's rows, and perhaps of one too many.
  private func read(_ connection: MariaDBConnection) async throws -> [[SQLValue]] {
    let results = try await connection.query(query, keeping: SQLScript.fileByteLimit)
    switch results.first {
    case .rows(let found) where found.digest == nil: return found.rows
    case .rows:
      throw MuddledError(
        .unusableInput,
        "the statements of node \(node.quoted) in \(place) are longer than "
          + "\(SQLScript.fileByteLimit >> 20) MiB: remove some.")
    case .error(let error): throw await refusal(error, over: connection)
    default: throw MuddledError(.internalBug, "a query of \(place) returned no rows")
    }
  }

  /// The node's id is compared byte by byte, whatever the column's type and collation, and is never part of a text.
  private var query: String {
    let columns = [table.sequenceColumn, table.statementColumn].map(\.asIdentifier)
    let id = node.utf8.map { byte in
      String(byte >> 4, radix: 16) + String(byte & 0xf, radix: 16)
    }.joined()
    return "SELECT \(columns.joined(separator: ", ")) FROM \(table.quotedName) WHERE "
      + "CAST(CONVERT(\(table.nodeColumn.asIdentifier) USING utf8mb4) AS BINARY) = x'\(id)' "
      + "LIMIT \(LoaderLimits.steps + 1)"
  }

  private func sequence(_ value: SQLValue) throws -> Int128 {
    let words: String
    switch value {
    case .number(let text), .text(let text):
      if let number = Int128(text) { return number }
      words = "is \(text.quoted)"
    case .null: words = "is NULL"
    case .binary: words = "holds bytes"
    }
    throw MuddledError(
      .unusableInput,
      "\(place): the column \(table.sequenceColumn) \(words) for node \(node.quoted): it must hold whole numbers."
    )
  }

  private func step(_ statement: SQLValue, at sequence: Int128) throws -> Step {
    let bytes =
      switch statement {
      case .text(let text), .number(let text): Array(text.utf8)
      case .binary(let bytes): bytes
      case .null:
        throw unusable(sequence, "has NULL as its statement: write one, or remove the row.")
      }
    return try Step(
      utf8: bytes, name: "table \(table.name), node \(node.quoted), sequence \(sequence)")
  }

  private func unusable(_ sequence: Int128, _ words: String) -> MuddledError {
    MuddledError(
      .unusableInput, "\(place): the sequence \(sequence) of node \(node.quoted) \(words)")
  }

  // MARK: Refusals

  private func refusal(
    _ error: ServerError, over connection: MariaDBConnection
  ) async -> MuddledError {
    switch error.code {
    // ER_NO_SUCH_TABLE
    case 1146:
      return MuddledError(.missingInput, "\(place) is not there: create it, or name another one.")
    // ER_NO_DB_ERROR, ER_BAD_DB_ERROR
    case 1046, 1049:
      return MuddledError(
        .configuration,
        "\(place) cannot be found (\(error.message)): name a database that is there, in the DSN or before the "
          + "table's name.")
    // ER_BAD_FIELD_ERROR
    case 1054:
      let there = (try? await columns(over: connection)) ?? []
      let missing = table.columns.filter {
        !there.map { $0.lowercased() }.contains($0.lowercased())
      }
      return MuddledError(
        .unusableInput,
        "\(place) has no column \(missing.joined(separator: ", ")); it has "
          + "\(there.joined(separator: ", ")): name the right one.")
    default:
      return MuddledError(
        .configuration,
        "the server refuses to read \(place): \(error.message) (error \(error.code)).")
    }
  }

  private func columns(over connection: MariaDBConnection) async throws -> [String] {
    let results = try await connection.query(
      "SHOW COLUMNS FROM \(table.quotedName)", keeping: 1 << 20)
    guard case .rows(let found) = results.first else { return [] }
    return found.rows.compactMap { row in
      if case .text(let name)? = row.first { name } else { nil }
    }
  }
}
