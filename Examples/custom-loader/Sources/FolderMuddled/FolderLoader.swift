import Foundation
import MuddledCore

/// Loads a client's steps from a folder: each file `*.sql` is a step, in the sequence of the files' names.
public struct FolderLoader: Loader {
  /// The path of the folder.
  public let path: String

  /// Makes a loader, which does not look at the folder yet.
  public init(path: String) { self.path = path }

  /// Reads all files.
  public func load() async throws -> [Step] {
    let files: [String]
    do {
      files = try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { $0.hasSuffix(".sql") }.sorted()
    } catch {
      throw MuddledError(
        .missingInput, "The folder \(path) cannot be read: check its path and its permissions.")
    }
    guard !files.isEmpty else {
      throw MuddledError(
        .unusableInput, "The folder \(path) holds no file *.sql: write one for each statement.")
    }
    return try files.map { name in
      guard let content = FileManager.default.contents(atPath: path + "/" + name) else {
        throw MuddledError(.missingInput, "The file \(path)/\(name) cannot be read.")
      }
      // Takes one statement, drops its delimiter, and names the file if it is none or more than one.
      return try Step(utf8: Array(content), name: path + "/" + name)
    }
  }
}
