import Foundation
import MuddledTestKit
import Testing

@Suite("The code in the documents", .inTurn, .timeLimit(.minutes(20)))
struct DocumentationTests {
  /// What the compiler sees: the snippets beside this file, and the packages in `Examples`.
  static let compiled: String = {
    let folders = ["Tests/MuddledCLITests/Documentation", "Examples"]
    let sources = folders.flatMap { folder in
      let names = FileManager.default.enumerator(atPath: "\(Repository.folder)/\(folder)")
      return (names?.compactMap { $0 as? String } ?? [])
        .filter { $0.hasSuffix(".swift") && !$0.contains(".build/") }
        .map { "\(Repository.folder)/\(folder)/\($0)" }
    }
    return sources.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
      .map(DocumentedCode.essence).joined()
  }()

  @Test("Swift stands word for word in a source that is compiled")
  func swift() throws {
    let blocks = try DocumentedCode.blocks(in: "swift")
    #expect(blocks.count >= 15)
    for block in blocks {
      #expect(
        Self.compiled.contains(block.essence),
        "\(block): put it into Snippets.swift, or take it from a package in Examples")
    }
  }

  @Test("Commands of the articles run")
  func commands() async throws {
    let blocks = try DocumentedCode.blocks(in: "sh").filter { $0.file.contains(".docc/") }
    #expect(blocks.count >= 4)
    let folder = muddledProgram.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for block in blocks {
      let run = try await ProgramRun(
        "/bin/sh", ["-e", "-c", "cd \"$0\"\n" + block.text, Repository.folder],
        setting: ["PATH": "\(folder):\(path)", "MUDDLED_DB_DSN": ""])
      #expect(run.status.isSuccess, "\(block): \(run.errors.suffix(500))")
      #expect(!run.output.isEmpty, "\(block)")
    }
  }
}
