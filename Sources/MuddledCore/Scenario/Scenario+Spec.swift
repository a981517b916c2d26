extension Scenario {
  /// Reads a scenario in the grammar of the isolation tester of PostgreSQL 15, whole.
  ///
  /// Every text that is valid there is taken, so that some of them cannot be run by muddled; that
  /// is for ``validate()`` to say.
  ///
  /// - Parameters:
  ///   - utf8: the text in UTF-8.
  ///   - file: what messages call the text, such as its path.
  ///   - name: the name of the scenario.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unusableInput``; its message is
  ///   `file:line:column: expected …, found …`.
  public init(specUTF8 utf8: [UInt8], file: String, name: String) throws {
    var parser = try ScenarioParser(utf8, file: file, name: name)
    self = try parser.parse()
  }

  /// Reads a scenario that is there as text; for the rest see ``init(specUTF8:file:name:)``.
  public init(spec text: String, file: String, name: String) throws {
    try self.init(specUTF8: Array(text.utf8), file: file, name: name)
  }

  /// Reads a scenario file; the scenario's name is the file's, without its extension.
  ///
  /// It waits for the file, on a thread of its own, so that a pipe will do as well.
  ///
  /// - Parameter path: the file's path, as the C library takes it.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/missingInput`` if the file cannot be
  ///   read, and as ``init(specUTF8:file:name:)`` does.
  public static func reading(_ path: String) async throws -> Scenario {
    let bytes = try await SQLScript.bytes(of: path, as: "scenario file")
    return try Scenario(specUTF8: bytes, file: path, name: FileStem(path).text)
  }
}

/// The name of a file without its folders and its extension.
struct FileStem {
  /// The name.
  let text: String

  init(_ path: String) {
    let name = path.split(separator: "/").last ?? ""
    let end = name.lastIndex(of: ".") ?? name.endIndex
    text = String(end == name.startIndex ? name : name[..<end])
  }
}
