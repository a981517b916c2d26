extension CoordinatorLimits {
  /// Checks an id that a caller gave, as every ``Coordinator`` does before it uses one.
  ///
  /// - Parameters:
  ///   - id: the id.
  ///   - kind: what the id is of, such as `batch` or `node`.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` unless it has 1 to
  ///   ``idBytes`` bytes of UTF-8.
  public static func check(id: String, of kind: String) throws {
    let count = id.utf8.count
    guard (1...idBytes).contains(count) else {
      throw MuddledError(
        .usage, "A \(kind) id of \(count) bytes cannot be used: give one of 1 to \(idBytes) bytes.")
    }
  }

  /// Checks the length of a record that a caller wants to append.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/internalBug`` if it is longer than
  ///   ``recordBytes``.
  public static func check(record: [UInt8]) throws {
    guard record.count <= recordBytes else {
      throw MuddledError(
        .internalBug,
        "A record of \(record.count) bytes is longer than the \(recordBytes) that a log takes.")
    }
  }
}
