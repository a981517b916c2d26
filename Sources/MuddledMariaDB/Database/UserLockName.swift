/// Finds the name of the user lock that a statement asks for.
enum UserLockName {
  /// The name, if the statement calls `GET_LOCK` once and names the lock by a plain literal; `nil` in doubt.
  ///
  /// - Returns: letters, digits, spaces, and `_ - . :` only, so that it can stand in another statement.
  static func only(in statement: String) -> String? {
    let pattern = #/(?i)GET_LOCK/#
    guard statement.matches(of: pattern).count == 1,
      let call = statement.firstMatch(of: #/(?i)GET_LOCK\(\s*(?:'([\w .:-]+)'|"([\w .:-]+)")\s*,/#)
    else { return nil }
    return (call.1 ?? call.2).map(String.init)
  }
}
