import MuddledCore

extension MariaDBConnection {
  /// How long the server has been running, in whole seconds; `nil` if it does not say.
  func serverUptime() async throws -> Duration? {
    guard isOpen else { throw SessionLost("connection \(connectionID) is closed") }
    begin()
    defer { end() }
    guard let text = await finish(handle.statistics()) else { throw lost() }
    return Self.uptime(in: text)
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
