/// A piece of SQL that belongs together: a setup, a step, a teardown.
///
/// Two blocks are equal if their texts are; where they stand in a file does not count.
public struct SQLBlock: Hashable, Sendable {
  /// The text as it stands in the scenario, without the blanks at its ends (spaces, tabs, form feeds
  /// and carriage returns): the braces of a scenario file do not keep them. Line feeds are kept.
  public let text: String
  /// The statements of the text, in its sequence, each with its line in the file that holds the
  /// block. Empty if the text has none, or cannot be split (see ``problem``).
  public let statements: [SQLScript.Statement]
  /// Why the text cannot be split into statements, such as a quote that is never closed. Such a
  /// block can be read and written, as PostgreSQL's isolation tester does, but not be run.
  public let problem: MuddledError?

  /// Makes a block of a text and splits it as ``SQLScript`` does. It never fails: see ``problem``.
  ///
  /// - Parameters:
  ///   - text: any number of statements.
  ///   - name: what messages call the place of the block, such as the path of its file.
  ///   - line: the line, from 1, in which the text starts there.
  public init(_ text: String, name: String = "sql", line: Int = 1) {
    self.text = Self.trimmed(text)
    // Empty lines in front make the scanner count, and say, the lines of the file.
    let shifted = String(repeating: "\n", count: line - 1) + text
    do {
      statements = try SQLScript(shifted, name: name).statements
      problem = nil
    } catch {
      statements = []
      problem = error as? MuddledError ?? MuddledError(.unusableInput, "\(name):\(line): \(error)")
    }
  }

  /// Makes a block of statements that were split before.
  ///
  /// - Parameters:
  ///   - text: the text that they come from.
  ///   - statements: the statements.
  init(_ text: String, statements: [SQLScript.Statement]) {
    self.text = Self.trimmed(text)
    self.statements = statements
    problem = nil
  }

  /// Whether both have the same text.
  public static func == (one: SQLBlock, other: SQLBlock) -> Bool { one.text == other.text }

  /// Hashes the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }

  private static func trimmed(_ text: String) -> String {
    let bytes = text.utf8.drop(while: \.isSpecBlank)
    let last = bytes.lastIndex { !$0.isSpecBlank }
    return last.map { String(decoding: bytes[...$0], as: UTF8.self) } ?? ""
  }
}
