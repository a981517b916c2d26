import Foundation
import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What is known of where the outputs go.
enum Terminal {
  /// How text for people is laid out: as wide as the terminal is, and in colours only there.
  static var layout: ConsoleLayout {
    var layout = ConsoleLayout()
    if let columns = columns(of: STDOUT_FILENO) { layout.columns = columns }
    if let columns = columns(of: STDERR_FILENO) { layout.progressColumns = columns }
    layout.isColored = isColored(ProcessInfo.processInfo.environment)
    return layout
  }

  /// How progress is shown, unless nobody wants to see it.
  static var progress: ConsoleReporter.Progress { isatty(STDERR_FILENO) == 1 ? .line : .lines }

  /// The terminal's width; `nil` if it is none, or does not say.
  private static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0,
      size.ws_col > 0
    else { return nil }
    return max(20, Int(size.ws_col))
  }

  /// Whether standard output shows colours, and nobody said that it must not (no-color.org).
  private static func isColored(_ environment: [String: String]) -> Bool {
    isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
      && (environment["NO_COLOR"] ?? "").isEmpty
  }
}
