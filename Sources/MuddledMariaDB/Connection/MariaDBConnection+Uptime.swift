import CMariaDB
import MuddledCore

extension MariaDBConnection {
  /// How long the server has been running, in whole seconds; `nil` if it does not say.
  ///
  /// It is asked by COM_STATISTICS, which needs no privilege and is no statement in its log.
  func serverUptime() async throws -> Duration? {
    guard isOpen else { throw SessionLost("connection \(connectionID) is closed") }
    begin()
    defer { end() }
    let text = await call(UnsafePointer<CChar>?.none) { [mysql] in
      mysql_stat_start($0, mysql)
    } resume: { [mysql] in
      mysql_stat_cont($0, mysql, $1)
    }
    guard mysql_errno(mysql) == 0, let text else { throw lost() }
    return Self.uptime(in: String(cString: text))
  }

  /// Reads `Uptime: 4711  Threads: …`.
  static func uptime(in statistics: String) -> Duration? {
    guard let mark = statistics.range(of: "Uptime: ") else { return nil }
    return Int64(statistics[mark.upperBound...].prefix { $0.isNumber }).map { .seconds($0) }
  }
}

extension String {
  /// Where a text stands, without the help of Foundation.
  fileprivate func range(of text: String) -> Range<Index>? {
    indices.lazy.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
  }
}
