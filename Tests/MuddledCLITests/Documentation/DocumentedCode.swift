import Foundation

/// A block of code in a document of this repository.
struct DocumentedCode: Sendable, CustomStringConvertible {
  /// The document's path in the repository.
  let file: String
  /// The line of the block's first line, from 1.
  let line: Int
  /// What the code is in, as the fence says: `swift`, `sh`; empty if it says nothing.
  let language: String
  /// The code.
  let text: String

  var description: String { "\(file):\(line)" }

  /// The code without white space and without the lines that import modules.
  var essence: String { Self.essence(of: text) }

  /// All blocks of these languages in the articles, `docs/architecture.md` and the README.
  static func blocks(in language: String) throws -> [DocumentedCode] {
    let articles = "Sources/MuddledCore/Muddled.docc"
    let names = try FileManager.default.contentsOfDirectory(
      atPath: "\(Repository.folder)/\(articles)")
    let files =
      names.filter { $0.hasSuffix(".md") }.sorted().map { "\(articles)/\($0)" }
      + ["docs/architecture.md", "README.md"]
    return try files.flatMap(blocks(of:)).filter { $0.language == language }
  }

  /// A Swift source's or block's text, without what formatting changes.
  static func essence(of text: String) -> String {
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("import ") }
    return lines.joined().replacing(";", with: "").filter { !$0.isWhitespace }
  }

  private static func blocks(of file: String) throws -> [DocumentedCode] {
    let text = try String(contentsOfFile: "\(Repository.folder)/\(file)", encoding: .utf8)
    var found: [DocumentedCode] = []
    var open: (line: Int, language: String, lines: [Substring])?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if !line.hasPrefix("```") {
        open?.lines.append(line)
      } else if let block = open {
        found.append(
          DocumentedCode(
            file: file, line: block.line, language: block.language,
            text: block.lines.joined(separator: "\n")))
        open = nil
      } else {
        open = (index + 2, String(line.dropFirst(3)), [])
      }
    }
    return found
  }
}
