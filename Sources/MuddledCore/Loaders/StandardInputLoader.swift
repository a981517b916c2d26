/// Loads a client's steps from the process's standard input, read to its end; each statement is a step.
///
/// For the grammar see ``SQLScript``. What was read is gone, so load once in a process.
public struct StandardInputLoader: Loader {
  private let descriptor: Int32

  /// Makes a loader, which reads nothing yet.
  public init() { self.init(descriptor: 0) }

  /// Makes a loader that reads another open file, which stays open.
  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Reads to the end, waiting for it on a thread of its own.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/missingInput`` if the process has no standard input,
  ///   and with code ``MuddledError/Code/unusableInput`` if it is longer than ``SQLScript/fileByteLimit``, holds no
  ///   statement, or cannot be split.
  public func load() async throws -> [Step] {
    try await SQLScript.reading(descriptor: descriptor, as: "standard input").statements
      .map { Step($0.text) }
  }
}
