extension Sequence<RunTally.Outcome> {
  /// The first error of each kind in the server's words, as tables have only its code or less; but for those that
  /// tell of locks.
  ///
  /// - Parameter name: what a step is called.
  /// - Returns: a line for each.
  func errorTexts(naming name: (ExecutedStep) -> String) -> [String] {
    var lines: [String] = []
    var seen: Set = [ServerError.deadlockCode, ServerError.lockWaitTimeoutCode]
    func note(_ results: [StatementResult], _ place: @autoclosure () -> String) {
      guard let error = results.error, seen.insert(error.code).inserted else { return }
      lines.append("\(error.text), as in \(place())")
    }
    for outcome in self {
      for step in outcome.witness.steps { note(step.results, name(step)) }
      for check in outcome.witness.checks { note(check.results, check.sql.escapedForDisplay) }
    }
    return lines
  }
}

extension ServerError {
  /// The error with the server's words.
  var text: String { "error \(code) (\(sqlstate)): \(message.escapedForDisplay)" }
}
