import MuddledMariaDB
import MuddledRedis

/// A key that a configuration file may hold, with its type, its default and its bounds.
struct ConfigurationKey: Sendable {
  /// What a key's value may be.
  enum Kind: Sendable {
    /// A text; an empty one counts as not set.
    case text(default: String?)
    /// A whole number within bounds.
    case number(default: Int, bounds: ClosedRange<Int>)
  }

  /// The table and the key with a dot between them.
  let name: String
  /// The value's type, default and bounds.
  let kind: Kind
  /// The environment variable that overrides it.
  let environmentName: String?

  private init(_ name: String, _ kind: Kind, environment: String? = nil) {
    self.name = name
    self.kind = kind
    environmentName = environment
  }

  private static let most = Int(Int32.max)
  private static let table = DatabaseLoader.Table()

  /// Every key, in the order of `config/full.toml`. No default stands anywhere else in the program.
  static let all: [ConfigurationKey] = [
    .init("db.dsn", .text(default: nil), environment: "MUDDLED_DB_DSN"),
    .init("db.idle", .number(default: 10, bounds: 0...most)),
    .init("db.open", .number(default: 10, bounds: 2...most)),
    .init("cdb.dsn", .text(default: nil), environment: "MUDDLED_CDB_DSN"),
    .init("cdb.idle", .number(default: 10, bounds: 0...most)),
    .init("cdb.open", .number(default: 10, bounds: 2...most)),
    .init("sql.loader", .text(default: "file")),
    .init("sql.fpath", .text(default: nil)),
    .init("sql.dsn", .text(default: nil), environment: "MUDDLED_SQL_DSN"),
    .init("sql.table", .text(default: table.name)),
    .init("sql.node_column", .text(default: table.nodeColumn)),
    .init("sql.sequence_column", .text(default: table.sequenceColumn)),
    .init("sql.statement_column", .text(default: table.statementColumn)),
    .init("sql.url", .text(default: nil), environment: "MUDDLED_SQL_URL"),
    .init("sql.key", .text(default: RedisLoader.defaultKey)),
    .init("coordinator.kind", .text(default: "db")),
    .init("coordinator.url", .text(default: nil), environment: "MUDDLED_COORDINATOR_URL"),
    .init("coordinator.name", .text(default: "muddled"), environment: "MUDDLED_COORDINATOR_NAME"),
    .init("coordinator.lease_ms", .number(default: 5000, bounds: 1...most)),
    .init("coordinator.rejoin_ms", .number(default: 30_000, bounds: 0...most)),
    .init("coordinator.register_ms", .number(default: 30_000, bounds: 1...most)),
    .init("reset.fpath", .text(default: nil)),
    .init("check.fpath", .text(default: nil)),
    .init("run.stall_ms", .number(default: 5000, bounds: 1...most)),
    .init("run.assume_blocked_ms", .number(default: 500, bounds: 1...most)),
    .init("run.step_ms", .number(default: 60_000, bounds: 1...most)),
  ]

  /// The key of a dotted name; `nil` if there is none.
  static func named(_ name: String) -> ConfigurationKey? { all.first { $0.name == name } }

  /// The tables that keys stand in, in order.
  static let tables: [String] = all.reduce(into: []) { tables, key in
    let table = String(key.name.prefix { $0 != "." })
    if tables.last != table { tables.append(table) }
  }

  /// The known key whose name is most like `name`; for a table outside others, the known table.
  ///
  /// The part after the dot counts most: `run.lease_ms` is `coordinator.lease_ms` in the wrong table.
  static func nearest(to name: String, isTable: Bool) -> String {
    let (wantedTable, wanted) = split(name)
    if isTable, wantedTable == nil {
      return tables.min { editDistance(name, $0) < editDistance(name, $1) } ?? ""
    }
    let distance = { (candidate: String) -> Int in
      let (table, last) = split(candidate)
      return editDistance(wanted, last) + (wantedTable == nil || wantedTable == table ? 0 : 1)
    }
    return all.map(\.name).min { distance($0) < distance($1) } ?? ""
  }

  /// The parts before and after the last dot.
  private static func split(_ name: String) -> (table: String?, last: String) {
    guard let dot = name.lastIndex(of: ".") else { return (nil, name) }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }
}

/// How many characters must be inserted, removed or replaced to turn one text into the other (Levenshtein).
func editDistance(_ first: String, _ second: String) -> Int {
  let second = Array(second)
  var row = Array(0...second.count)
  for (index, character) in first.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in second.indices {
      let replaced = diagonal + (character == second[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
    }
  }
  return row[second.count]
}
