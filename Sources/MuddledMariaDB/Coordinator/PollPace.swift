/// How soon a waiting reader looks again.
///
/// Nearly at once while something happened a moment ago, because turns change quickly; later after a
/// quarter of the silence so far, so that a wait of any length costs about a quarter of itself too much,
/// and a bounded number of looks.
enum PollPace {
  /// How long after the last event looks follow each other closely.
  static let eager = Duration.milliseconds(2)
  /// The pause between close looks.
  static let shortest = Duration.microseconds(50)
  /// The longest pause.
  static let longest = Duration.milliseconds(100)

  /// The pause before the next look.
  ///
  /// - Parameter silence: how long ago something happened last.
  static func pause(after silence: Duration) -> Duration {
    silence < eager ? shortest : min(silence / 4, longest)
  }
}
