#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a transcript is to be: a file, or one of its alternatives beside it.
///
/// The alternatives of `queue.out` are `queue_1.out` to `queue_9.out`, as many of them as there are;
/// a transcript that is the same as any of them is as expected.
public struct ExpectedTranscript: Sendable {
  /// The texts that count, with their paths; the first is the file itself.
  public let alternatives: [(path: String, text: String)]

  /// Makes the value of texts that were read before.
  ///
  /// - Parameter alternatives: at least one, or it traps.
  public init(alternatives: [(path: String, text: String)]) {
    precondition(!alternatives.isEmpty, "nothing is expected")
    self.alternatives = alternatives
  }

  /// Reads a file and its alternatives; it waits for them on a thread of its own.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/missingInput`` if the file, or an
  ///   alternative that is there, cannot be read.
  public static func reading(_ path: String) async throws -> ExpectedTranscript {
    var alternatives = [(path: path, text: try await text(path))]
    for index in 1...9 {
      let alternative = self.path(of: index, beside: path)
      guard access(alternative, F_OK) == 0 else { continue }
      alternatives.append((alternative, try await text(alternative)))
    }
    return ExpectedTranscript(alternatives: alternatives)
  }

  /// Compares a transcript with every alternative.
  ///
  /// - Returns: the difference to the alternative that is nearest, the first of several such; it is
  ///   empty if the transcript is as expected.
  public func difference(to transcript: String) -> UnifiedDiff {
    var nearest: UnifiedDiff?
    for (path, text) in alternatives {
      let difference = UnifiedDiff(
        expected: text, named: path, actual: transcript, named: "transcript")
      if difference.isEmpty { return difference }
      if difference.changedLineCount < nearest?.changedLineCount ?? Int.max {
        nearest = difference
      }
    }
    return nearest!
  }

  private static func text(_ path: String) async throws -> String {
    // Bytes that are no UTF-8 are no part of a transcript, and show as different.
    String(decoding: try await SQLScript.bytes(of: path, as: "expected file"), as: UTF8.self)
  }

  /// The path with `_1` and so on before its extension.
  static func path(of index: Int, beside path: String) -> String {
    let name = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let dot = path[name...].lastIndex(of: ".") ?? path.endIndex
    let end = dot == name ? path.endIndex : dot
    return "\(path[..<end])_\(index)\(path[end...])"
  }
}
