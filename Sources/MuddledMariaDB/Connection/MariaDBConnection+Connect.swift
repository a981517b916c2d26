import MuddledCore

extension MariaDBConnection {
  /// Opens the connection and logs in, in at most ``MariaDBDSN/connectTimeout``.
  func connect() async throws {
    begin()
    defer { end() }
    let deadline = Moment.now.advanced(by: dsn.connectTimeout)
    if let error = await finish(
      handle.connect(to: dsn, takesSeveralStatements: takesSeveralStatements), until: deadline)
    {
      if Task.isCancelled, breaksWhenCancelled { throw CancellationError() }
      throw refusal(error)
    }
    guard !dsn.tls.isRequired || handle.isEncrypted else {
      close()
      throw MuddledError(
        .configuration,
        "the server at \(dsn.place) offers no TLS, but the DSN's parameter tls asks for it")
    }
    didConnect()
    try await setCollation()
  }

  /// Sends the collation that the DSN asks for; the login can carry only the character set's default.
  func setCollation() async throws {
    guard let collation = dsn.collation else { return }
    let results = try await query(
      "SET NAMES \(dsn.charset) COLLATE \(collation)", keeping: 0, isNested: true)
    guard case .error(let error) = results.first else { return }
    close()
    throw MuddledError(
      .configuration,
      "the server at \(dsn.place) refuses the collation \(collation): \(error.message)")
  }

  private func refusal(_ error: ServerError) -> MuddledError {
    let text = withoutPassword(error.message)
    return switch error.code {
    // Access denied, to the server or to the database, or to a host; a wrong plug-in.
    case 1045, 1044, 1698, 1130, 1251, 1275, 2049, 2059, 2061:
      MuddledError(
        .configuration,
        "the server at \(dsn.place) refuses the login of \(dsn.user): \(text); check the DSN")
    case 1049:
      MuddledError(
        .configuration, "the server at \(dsn.place) has no database \(dsn.database); create it")
    case 2026:
      MuddledError(
        .configuration, "no TLS connection to the server at \(dsn.place): \(text)")
    default:
      MuddledError(
        .unavailable, "no connection to the server at \(dsn.place): \(text); is it running?")
    }
  }

  /// No server is known to repeat a password; this makes sure of it.
  private func withoutPassword(_ text: String) -> String {
    guard dsn.password.utf8.count > 3 else { return text }
    return text.split(separator: dsn.password, omittingEmptySubsequences: false)
      .joined(separator: "<REDACTED>")
  }
}
