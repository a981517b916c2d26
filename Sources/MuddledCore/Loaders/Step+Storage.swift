extension Step {
  /// Takes a statement as a store of single statements holds it: one a row, or one an element of a list.
  ///
  /// Comments and white space around it are dropped, and a delimiter at its end, as from a file of statements, so
  /// that the step is the same wherever it came from. A statement that is made of statements, such as
  /// `CREATE PROCEDURE`, is taken whole and needs no `DELIMITER`.
  ///
  /// - Parameters:
  ///   - utf8: the statement in UTF-8.
  ///   - name: what messages call its place, such as a table and a row.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unusableInput`` if there is no statement or more than
  ///   one, and for what ``SQLScript/init(utf8:name:)`` refuses.
  public init(utf8: [UInt8], name: String) throws {
    let statements = try SQLScript(utf8: utf8, name: name).statements
    guard let first = statements.first else {
      throw MuddledError(
        .unusableInput, "\(name): there is no statement: write one, or remove the entry.")
    }
    guard statements.count > 1 else {
      self.init(first.text)
      return
    }
    guard Self.mayHoldStatements(first.text) else {
      throw MuddledError(
        .unusableInput,
        "\(name): there are \(statements.count) statements where one may stand: give each an entry of its own."
      )
    }
    let ignored: Set<Unicode.Scalar> = [";", " ", "\t", "\n", "\r"]
    var text = String(decoding: utf8, as: UTF8.self).unicodeScalars[...]
    while let last = text.last, ignored.contains(last) { text.removeLast() }
    self.init(String(text))
  }

  /// Whether a statement that begins like this may hold others, by its first words (MariaDB's manual, "Programmatic
  /// and Compound Statements").
  private static func mayHoldStatements(_ beginning: String) -> Bool {
    let words = Array(SQLWords(beginning))
    switch words.first {
    case .word("CREATE"), .word("ALTER"):
      return words.contains { word in
        ["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE"].contains { word == .word($0) }
      }
    // Alone, it begins a transaction.
    case .word("BEGIN"): return words.count > 1 && words[1] != .word("WORK")
    case .word("IF"), .word("CASE"), .word("LOOP"), .word("WHILE"), .word("REPEAT"), .word("FOR"):
      return true
    case .word, .name: return words.count > 1 && words[1] == .sign(":")
    default: return false
    }
  }
}
