extension SQLValue {
  /// The number, if it is a whole one that an `Int` holds.
  public var int: Int? {
    guard case .number(let digits) = self else { return nil }
    return Int(digits)
  }

  /// The number, rounded to what a `Double` holds.
  public var double: Double? {
    guard case .number(let digits) = self else { return nil }
    return Double(digits)
  }

  /// The text; a number's digits; `nil` for NULL and for bytes.
  public var string: String? {
    switch self {
    case .text(let text): text
    case .number(let digits): digits
    case .null, .binary: nil
    }
  }

  /// The bytes of a binary value, or of a text in UTF-8.
  public var bytes: [UInt8]? {
    switch self {
    case .binary(let bytes): bytes
    case .text(let text): Array(text.utf8)
    case .null, .number: nil
    }
  }

  /// Whether it is NULL.
  public var isNull: Bool { self == .null }
}

extension ResultRows {
  /// A value by its row, from 0, and the name of its column, in any case of letters.
  ///
  /// A row or a column that is not there is the caller's bug and traps with a sentence.
  public subscript(row: Int, column: String) -> SQLValue {
    guard rows.indices.contains(row) else {
      fatalError("The result has no row \(row): it has \(rows.count) rows, counted from 0.")
    }
    return rows[row][index(of: column)]
  }

  /// All values of a column, from the first row on; a column that is not there traps with a sentence.
  public func values(of column: String) -> [SQLValue] {
    let index = index(of: column)
    return rows.map { $0[index] }
  }

  private func index(of column: String) -> Int {
    let wanted = column.lowercased()
    guard let index = columns.firstIndex(where: { $0.lowercased() == wanted }) else {
      fatalError("The result has no column \(column.quoted); it has \(columns.quotedList).")
    }
    return index
  }
}

extension [StatementResult] {
  /// The rows of the last result set; `nil` if there is none.
  public var rows: ResultRows? {
    for case .rows(let rows) in reversed() { return rows }
    return nil
  }

  /// The server's error, if it refused or ended the statement.
  public var error: ServerError? {
    for case .error(let error) in self { return error }
    return nil
  }

  /// How many rows were changed; `nil` if nothing succeeded that has no result set.
  public var affected: UInt64? {
    for case .ok(let affected) in reversed() { return affected }
    return nil
  }
}

extension ExecutedStep {
  /// The rows of its last result set; `nil` if it gave none.
  public var rows: ResultRows? { results.rows }
  /// The server's error, if it refused or ended the step.
  public var error: ServerError? { results.error }
  /// How many rows it changed; `nil` if it changed nothing because it failed, or only returned rows.
  public var affected: UInt64? { results.affected }
}

extension ExecutedCheck {
  /// The rows that it returned; `nil` if it failed.
  public var rows: ResultRows? { results.rows }
}
