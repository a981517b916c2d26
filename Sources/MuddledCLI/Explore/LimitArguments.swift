import ArgumentParser
import MuddledCore

/// The arguments that bound how long things may take.
struct LimitArguments: ParsableArguments {
  @Option(
    name: .customLong("stall-ms"),
    help: .init(
      "How long only blocked statements may be left before the last one is cancelled.",
      valueName: "ms"))
  var stall = ExploreLimits().stallTimeout.milliseconds

  @Option(
    name: .customLong("step-ms"),
    help: .init(
      "How long a statement that waits for no lock may run before it is cancelled.",
      valueName: "ms"))
  var step = ExploreLimits().stepTimeout.milliseconds

  @Option(
    name: .customLong("assume-blocked-ms"),
    help: .init(
      "Without the right to ask the server who waits: after how long a statement counts as blocked.",
      valueName: "ms"))
  var assumeBlocked = ExploreLimits().assumeBlockedTimeout.milliseconds

  func validate() throws {
    let given = [("stall-ms", stall), ("step-ms", step), ("assume-blocked-ms", assumeBlocked)]
    for (name, value) in given where !(1...86_400_000).contains(value) {
      throw ValidationError("--\(name) takes a number from 1 to 86400000")
    }
  }

  var limits: ExploreLimits {
    var limits = ExploreLimits()
    limits.stallTimeout = .milliseconds(stall)
    limits.stepTimeout = .milliseconds(step)
    limits.assumeBlockedTimeout = .milliseconds(assumeBlocked)
    return limits
  }
}
