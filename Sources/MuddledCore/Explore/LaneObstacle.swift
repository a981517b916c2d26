extension Scenario {
  /// Why orders of this scenario cannot run side by side in copies of its database, in a few words that name the
  /// place; `nil` if nothing is known that is against it.
  ///
  /// Statements are judged by their words: those that name a database, take a user lock or change the whole
  /// server would meet those of other lanes.
  public var laneObstacle: String? {
    for (place, block) in placedBlocks {
      for statement in block.statements {
        if let obstacle = StatementReach(statement.text).obstacle { return "\(place) \(obstacle)" }
      }
    }
    for query in checks + assertions {
      if let obstacle = StatementReach(query).obstacle {
        return "the query \(query.quoted) \(obstacle)"
      }
    }
    return nil
  }

  /// All blocks, and what people call their places.
  private var placedBlocks: [(String, SQLBlock)] {
    var blocks = setup.map { ("the setup", $0) }
    if let teardown { blocks.append(("the teardown", teardown)) }
    if let reset { blocks.append(("the reset", reset)) }
    for session in sessions {
      if let setup = session.setup {
        blocks.append(("the setup of session \(session.name.quoted)", setup))
      }
      blocks += session.steps.map { ("step \($0.name.quoted)", $0.block) }
      if let teardown = session.teardown {
        blocks.append(("the teardown of session \(session.name.quoted)", teardown))
      }
    }
    return blocks
  }
}

/// How far a statement reaches beyond the tables of the session's database.
struct StatementReach {
  /// What it does that other lanes would notice, in words that follow the statement's name.
  private(set) var obstacle: String?

  private static let userLocks: Set = [
    "GET_LOCK", "RELEASE_LOCK", "RELEASE_ALL_LOCKS", "IS_FREE_LOCK", "IS_USED_LOCK",
  ]
  /// First words of statements about the whole server.
  private static let serverWide: Set = [
    "FLUSH", "GRANT", "REVOKE", "KILL", "XA", "INSTALL", "UNINSTALL", "BACKUP", "SHUTDOWN", "PURGE",
  ]
  /// Words that stand before a table's name, and those that may come between.
  private static let beforeTable: Set = [
    "FROM", "JOIN", "INTO", "UPDATE", "TABLE", "TABLES", "REFERENCES",
  ]
  private static let between: Set = [
    "IGNORE", "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "IF", "NOT", "EXISTS",
  ]
  /// The server's own, which only tell.
  private static let views: Set = ["INFORMATION_SCHEMA", "PERFORMANCE_SCHEMA", "SYS"]

  init(_ statement: String) {
    let tokens = Array(SQLWords(statement))
    guard case .word(let first)? = tokens.first else { return }
    let second = tokens.count > 1 ? tokens[1].text : nil
    if first == "USE" {
      obstacle = "changes to the database \((second ?? "").quoted)"
    } else if ["CREATE", "DROP", "ALTER"].contains(first), let second,
      ["DATABASE", "SCHEMA", "USER", "ROLE", "SERVER", "TABLESPACE"].contains(second)
    {
      obstacle = "is about the whole server (\(first) \(second))"
    } else if Self.serverWide.contains(first) {
      obstacle = "is about the whole server (\(first))"
    } else if first == "SET", tokens.contains(.word("GLOBAL")) {
      obstacle = "sets a variable of the whole server"
    } else if first == "LOCK", second == "INSTANCE" {
      obstacle = "is about the whole server (LOCK INSTANCE)"
    } else if let lock = tokens.lazy.compactMap({ $0.bareWord }).first(
      where: Self.userLocks.contains)
    {
      obstacle = "uses user locks (\(lock)), which all databases of a server share"
    } else if let name = Self.database(in: tokens) {
      obstacle = "names the database \(name.quoted)"
    }
  }

  /// The database that stands before a table's name.
  private static func database(in tokens: [SQLWords.Token]) -> String? {
    /// For each open parenthesis, whether a query stands in it; `FROM` in others is a function's.
    var isQuery: [Bool] = []
    var expectsTable = false
    var isInList = false
    for (index, token) in tokens.enumerated() {
      let next = index + 1 < tokens.count ? tokens[index + 1] : nil
      switch token {
      case .sign("("):
        isQuery.append(next == .word("SELECT") || next == .word("WITH"))
        expectsTable = false
      case .sign(")"):
        _ = isQuery.popLast()
        isInList = false
      case .sign(","): expectsTable = isInList
      case .word(let word) where beforeTable.contains(word):
        let isClause = isQuery.last ?? true
        let isAssignment = index > 0 && [.word("KEY"), .word("FOR")].contains(tokens[index - 1])
        expectsTable = isClause && !isAssignment
        isInList =
          expectsTable
          && (word == "FROM" || word == "UPDATE" || word == "TABLES" || word == "TABLE")
      case .word(let word) where expectsTable && between.contains(word): continue
      case .word, .name:
        if expectsTable, next == .sign("."), let name = token.text,
          !views.contains(name.uppercased())
        {
          return name
        }
        expectsTable = false
        if case .word(let word) = token,
          ["WHERE", "SET", "ON", "SELECT", "ORDER", "GROUP"].contains(word)
        {
          isInList = false
        }
      case .sign: expectsTable = false
      }
    }
    return nil
  }
}

extension SQLWords.Token {
  /// The word or the name.
  fileprivate var text: String? {
    switch self {
    case .word(let text), .name(let text): text
    case .sign: nil
    }
  }

  fileprivate var bareWord: String? {
    if case .word(let text) = self { text } else { nil }
  }
}
