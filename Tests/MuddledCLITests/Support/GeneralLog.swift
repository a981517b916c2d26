import MuddledCore

/// The general query log of MariaDB: every command of every connection, in the server's sequence.
struct GeneralLog {
  /// One command.
  struct Entry: Hashable {
    /// The connection that sent it.
    let connection: UInt64
    /// Such as `Connect`, `Query`, `Execute`, `Quit`.
    let command: String
    /// A statement as it was sent, or the account and database of a `Connect`.
    var argument: String
  }

  /// The commands, in the server's sequence.
  private(set) var entries: [Entry] = []

  /// Reads a log file.
  init(path: String) throws {
    guard let text = contents(of: path) else {
      throw MuddledError(.missingInput, "there is no general log at \(path)")
    }
    self.init(text)
  }

  /// Splits a log.
  ///
  /// A command starts a line with its second, or two tabs, then the connection's number and the
  /// command's name, then a tab. Whatever does not look like that belongs to the statement above it.
  init(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if let entry = Self.entry(line) {
        entries.append(entry)
      } else if !entries.isEmpty {
        entries[entries.count - 1].argument += "\n" + line
      }
    }
  }

  private static let commands: Set<String> = [
    "Connect", "Query", "Prepare", "Execute", "Close stmt", "Quit", "Init DB", "Reset stmt",
    "Change user", "Kill", "Ping", "Statistics", "Field List", "Long Data", "Set option",
  ]

  private static func entry(_ line: Substring) -> Entry? {
    var rest = line
    if rest.hasPrefix("\t\t") {
      rest = rest.dropFirst(2)
    } else {
      // Such as "261122 14:29:59" or "261122  9:29:59".
      guard rest.count > 15, rest.prefix(6).allSatisfy(\.isNumber),
        rest.dropFirst(6).prefix(9).allSatisfy({ $0.isNumber || $0 == " " || $0 == ":" }),
        rest.dropFirst(15).first == "\t"
      else { return nil }
      rest = rest.dropFirst(16)
    }
    let padding = rest.prefix { $0 == " " }
    let number = rest.dropFirst(padding.count).prefix { $0.isNumber }
    // The number is padded to 6 characters.
    guard let connection = UInt64(number), padding.count + number.count >= 6 else { return nil }
    rest = rest.dropFirst(padding.count + number.count)
    guard rest.first == " ", let tab = rest.firstIndex(of: "\t") else { return nil }
    let command = String(rest[rest.index(after: rest.startIndex)..<tab])
    guard commands.contains(command) else { return nil }
    return Entry(
      connection: connection, command: command, argument: String(rest[rest.index(after: tab)...]))
  }

  /// The connections of an account, in the sequence in which they were made.
  func connections(of account: String) -> [UInt64] {
    entries.filter { $0.command == "Connect" && $0.argument.hasPrefix(account + "@") }
      .map(\.connection)
  }

  /// What was sent on these connections as a statement, each with its connection, in the server's sequence; not
  /// what is asked about the server itself before anything is run.
  func queries(on connections: [UInt64]) -> [Entry] {
    entries.filter {
      $0.command == "Query" && connections.contains($0.connection)
        && !$0.argument.hasPrefix("SELECT (SELECT COUNT(*) FROM information_schema.ROUTINES")
    }
  }

  /// The log from one point on.
  func dropping(_ count: Int) -> GeneralLog {
    var log = self
    log.entries.removeFirst(count)
    return log
  }
}
