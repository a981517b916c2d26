import MuddledCore
import MuddledReports

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The streams that every process has.
enum StandardStreams {
  /// Opens those that the caller has closed: else the first files and sockets would take their place, and get what is printed.
  static func openClosed() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Writes a text to standard output.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if it does not take all of it.
  static func write(_ text: String) throws { try ReportFile("-").write(text) }

  /// Writes a line to standard output.
  static func writeLine(_ text: String) throws { try write(text + "\n") }

  /// Writes a text to standard error; there is nobody to tell if that fails.
  static func writeError(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { pointer in
        #if canImport(Glibc)
          Glibc.write(STDERR_FILENO, pointer.baseAddress, pointer.count)
        #elseif canImport(Musl)
          Musl.write(STDERR_FILENO, pointer.baseAddress, pointer.count)
        #endif
      }
      if count <= 0 && errno != EINTR { return }
      rest = rest.dropFirst(max(0, count))
    }
  }
}
