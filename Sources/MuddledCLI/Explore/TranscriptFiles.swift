import MuddledCore
import MuddledReports

/// What becomes of a run's transcript: the files that it is written to, and the one that it is compared with.
struct TranscriptFiles {
  private let written: [ReportFile]
  private let expected: ExpectedTranscript?

  /// Looks at the files, so that what is wrong with them is said before the run.
  ///
  /// - Parameters:
  ///   - path: what the transcript is written to.
  ///   - expect: what it is compared with.
  ///   - isRecording: whether it is written to that instead.
  init(write path: String?, expect: String?, isRecording: Bool) async throws {
    let compared = isRecording ? nil : expect
    expected = if let compared { try await ExpectedTranscript.reading(compared) } else { nil }
    written = try [path, isRecording ? expect : nil].compactMap { $0 }.map { try ReportFile($0) }
  }

  /// Writes the transcript, and prints how it differs from what is expected.
  ///
  /// - Returns: whether it is as expected.
  func writeAndCompare(_ text: String) throws -> Bool {
    for file in written { try file.write(text) }
    guard let difference = expected?.difference(to: text), !difference.isEmpty else { return true }
    try StandardStreams.write(difference.text)
    return false
  }
}
