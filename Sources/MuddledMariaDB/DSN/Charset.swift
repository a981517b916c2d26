import MuddledCore

extension MariaDBDSN {
  /// Go's driver takes the first of several character sets that is known; so does this.
  static func charset(_ value: String) throws(MuddledError) -> String {
    let names = value.split(separator: ",").map(String.init)
    if let known = names.first(where: MySQLHandle.knows(charset:)) { return known }
    throw MuddledError(
      .configuration,
      "the DSN's parameter charset must name a character set such as utf8mb4, not \(value)")
  }

  /// A collation's name becomes part of a statement, so only letters, digits and `_` pass.
  static func collation(_ value: String) throws(MuddledError) -> String {
    let isWord = value.utf8.allSatisfy {
      $0 == UInt8(ascii: "_") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
        || UInt8(ascii: "a")...UInt8(ascii: "z") ~= ($0 | 0x20)
    }
    guard isWord, !value.isEmpty else {
      throw MuddledError(
        .configuration,
        "the DSN's parameter collation must name a collation such as utf8mb4_bin, not \(value)")
    }
    return value
  }
}
