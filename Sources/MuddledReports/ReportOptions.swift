/// What a report shows beside an exploration's summary.
public struct ReportOptions: Hashable, Sendable {
  /// What follows `muddled replay TOKEN` in the command that runs a witness again: the scenario and what was
  /// given with it, word by word. It stands in the reports, so it must hold no secret. Default: nothing.
  public var replayArguments: [String]
  /// How many outcomes a report for people lists; those for programs and the HTML page list all. Default 20.
  public var listedOutcomes: Int
  /// When the run began, in seconds since 1970, for reports that say so. Default: 0.
  public var beganAt: Int64

  /// Makes options.
  public init(replayArguments: [String] = [], listedOutcomes: Int = 20, beganAt: Int64 = 0) {
    self.replayArguments = replayArguments
    self.listedOutcomes = listedOutcomes
    self.beganAt = beganAt
  }

  /// The command that runs again what a token names.
  func replayCommand(_ token: String) -> String {
    (["muddled", "replay", token] + replayArguments).map(\.quotedForShell).joined(separator: " ")
  }
}

extension String {
  /// The word as a POSIX shell must be given it.
  var quotedForShell: String {
    let plain = unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", ":", "=", ",", "+", "@", "%": true
      default: false
      }
    }
    return plain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
