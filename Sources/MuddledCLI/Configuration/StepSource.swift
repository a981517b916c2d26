import MuddledMariaDB

/// `[sql]`: where this client's steps come from.
enum StepSource: Hashable, Sendable {
  /// An SQL file.
  case file(path: String)
  /// A table; without a DSN, of the database under test.
  case database(dsn: Secret?, DatabaseLoader.Table)
  /// A Redis list; without a URL, on the coordinator's server.
  case redis(url: Secret?, key: String)
  /// The process's standard input.
  case standardInput

  /// The values of `sql.loader`.
  enum Kind: String, CaseIterable, Sendable {
    case file, db, redis, stdin

    /// The keys that only this loader has.
    var keys: [String] {
      switch self {
      case .file: ["sql.fpath"]
      case .db:
        ["sql.dsn", "sql.table", "sql.node_column", "sql.sequence_column", "sql.statement_column"]
      case .redis: ["sql.url", "sql.key"]
      case .stdin: []
      }
    }
  }

  /// What `sql.fpath` says for ``standardInput``, if it says anything.
  private static let standardInputPath = "-"

  /// Reads the keys of the loader that was chosen, and refuses those of others.
  init(_ reader: SettingsReader, coordinator: Configuration.CoordinatorKind) throws {
    let kind: Kind = try reader.choice("sql.loader")
    try Self.refuseKeysOfOthers(reader, kind)
    switch kind {
    case .file:
      let path = try reader.required("sql.fpath")
      guard path != Self.standardInputPath else {
        throw reader.wrong(
          "sql.fpath",
          "is \"-\"; for standard input set sql.loader to \"stdin\", for a file of this name write \"./-\""
        )
      }
      self = .file(path: path)
    case .db:
      var table = DatabaseLoader.Table()
      table.name = try reader.required("sql.table")
      table.nodeColumn = try reader.required("sql.node_column")
      table.sequenceColumn = try reader.required("sql.sequence_column")
      table.statementColumn = try reader.required("sql.statement_column")
      self = .database(dsn: reader.text("sql.dsn").map(Secret.init), table)
    case .redis:
      if coordinator != .redis {
        _ = try reader.required(
          "sql.url", "because sql.loader is \"redis\" and coordinator.kind is not")
      }
      self = .redis(
        url: reader.text("sql.url").map(Secret.init), key: try reader.required("sql.key"))
    case .stdin: self = .standardInput
    }
  }

  /// A file's keys of a loader that was not chosen do nothing, which nobody wants who writes them.
  ///
  /// Unless the command line chose, as it does to try another loader with the same file.
  private static func refuseKeysOfOthers(_ reader: SettingsReader, _ kind: Kind) throws {
    if reader.settings["sql.loader"]?.source == .commandLine { return }
    for other in Kind.allCases where other != kind {
      for key in other.keys where reader.isChangedByFile(key) {
        if kind == .stdin, reader.text(key) == standardInputPath { continue }
        throw reader.wrong(
          key,
          "is for sql.loader = \"\(other.rawValue)\", but that is \"\(kind.rawValue)\"; change one of them"
        )
      }
    }
  }
}
