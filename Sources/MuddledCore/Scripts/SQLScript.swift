/// The statements of an SQL script, split as the `mysql` and `mariadb` clients split it.
///
/// - A statement ends with `;`, or with what a line `DELIMITER …` has set; the last one may lack it.
///   Such a line may stand between statements only, and is recognized in any case of letters.
/// - Quotes `'…'` and `"…"` know doubled quotes and backslash escapes, backticks only the former.
/// - Comments are `#…`, `/*…*/`, and `--` before white space, a control character or the line's end;
///   at a statement's start `--` needs nothing after it. They stay as they are inside a statement
///   and are dropped around it, except for hints (`/*+…*/`).
/// - `/*!…*/` and `/*M!…*/` are code for some servers, hence part of a statement or one by themselves;
///   unlike for the clients, a delimiter inside of them ends nothing.
/// - Line ends of either kind become a line feed, also in quotes; a byte-order mark is skipped.
/// - Nothing else that clients understand is known here, such as `\G` or `source`.
public struct SQLScript: Hashable, Sendable {
  /// One statement of a script.
  public struct Statement: Hashable, Sendable {
    /// The statement without its delimiter, and without white space at its ends.
    public let text: String
    /// The line that the statement starts in, from 1.
    public let line: Int
  }

  /// The statements in the script's sequence; empty if there are only comments and white space.
  public let statements: [Statement]

  /// Splits a script, in a time that grows with its length alone.
  ///
  /// - Parameters:
  ///   - utf8: the script in UTF-8.
  ///   - name: what messages call the script, such as its path.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unusableInput`` if a quote, a comment or
  ///   a backtick is never closed, a `DELIMITER` line lacks a usable delimiter, or the script has
  ///   a NUL or is not UTF-8; the message starts with the name and the line.
  public init(utf8: [UInt8], name: String) throws {
    var scanner = SQLScanner(utf8, name: name)
    statements = try scanner.scan()
  }

  /// Splits a script that is there as text; for the rest see ``init(utf8:name:)``.
  public init(_ text: String, name: String) throws {
    try self.init(utf8: Array(text.utf8), name: name)
  }
}
