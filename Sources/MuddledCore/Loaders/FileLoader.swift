/// Loads a client's steps from an SQL file; each statement of the script is a step.
///
/// For the file's grammar see ``SQLScript``.
public struct FileLoader: Loader {
  /// The path of the file.
  public let path: String
  /// What messages call the file beside its path.
  public let name: String

  /// Makes a loader, which does not look at the file yet.
  ///
  /// - Parameters:
  ///   - path: the path of the file, relative to the process's current directory.
  ///   - name: what messages call the file beside its path.
  public init(path: String, name: String = "SQL file") {
    self.path = path
    self.name = name
  }

  /// Reads the file; it throws as ``SQLScript/reading(_:as:)`` does.
  public func load() async throws -> [Step] {
    try await SQLScript.reading(path, as: name).statements.map { Step($0.text) }
  }
}
