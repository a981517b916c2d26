public import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes a report to a file when an exploration is over, at its end or before it.
///
/// The file is there whole or not at all: until the report is complete, an earlier one keeps its place.
public actor ReportFileReporter: Reporter {
  private let file: ReportFile
  private let format: ReportFormat
  private var options: ReportOptions

  /// Makes a reporter, and makes sure that its file can be written.
  ///
  /// - Parameters:
  ///   - path: the file; `-` is standard output.
  ///   - format: the form of the report.
  ///   - options: what it shows; ``ReportOptions/beganAt`` is set when the run begins.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the file cannot be written.
  public init(path: String, format: ReportFormat, options: ReportOptions) throws {
    file = try ReportFile(path)
    self.format = format
    self.options = options
  }

  /// Writes the report once the summary comes.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if the file cannot take it.
  public func report(_ event: RunEvent) throws {
    switch event {
    case .started: options.beganAt = Int64(time(nil))
    case .explored(let summary): try file.write(format.text(of: summary, options: options))
    case .notice, .order, .earlierOrder, .transcript, .summary: break
    }
  }
}
