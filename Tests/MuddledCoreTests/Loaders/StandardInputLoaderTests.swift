import Foundation
import MuddledCore
import MuddledTestKit
import Testing

@Suite("StandardInputLoader", .timeLimit(.minutes(20)))
struct StandardInputLoaderTests {
  /// A pipe that gives a text, piece by piece, and then its end.
  private static func pipe(_ parts: [String]) -> Pipe {
    let pipe = Pipe()
    let writer = pipe.fileHandleForWriting
    Foundation.Thread.detachNewThread {
      for part in parts { try? writer.write(contentsOf: Data(part.utf8)) }
      try? writer.close()
    }
    return pipe
  }

  /// What is thrown for this text.
  private func refusal(of text: String) async -> MuddledError? {
    let pipe = Self.pipe([text])
    return await muddledError {
      _ = try await StandardInputLoader(descriptor: pipe.fileHandleForReading.fileDescriptor).load()
    }
  }

  @Test("It is read to its end, and each statement is a step")
  func steps() async throws {
    let pipe = Self.pipe(["-- two\nSELECT ", "1;", " SELECT ';'\n"])
    let loader = StandardInputLoader(descriptor: pipe.fileHandleForReading.fileDescriptor)
    #expect(try await loader.load() == [Step("SELECT 1"), Step("SELECT ';'")])
  }

  @Test("Without a statement, without an end of a text and without any input it is refused")
  func refusals() async {
    let empty = await refusal(of: "-- nothing\n;")
    #expect(empty?.code == .unusableInput)
    #expect(
      empty?.message == "The standard input holds no statement: write at least one into it.")
    let unclosed = await refusal(of: "SELECT 1;\nSELECT 'a;\n")
    #expect(unclosed?.code == .unusableInput)
    #expect(unclosed?.message.hasPrefix("standard input:2: the ' ") == true)
    let closed = await muddledError { _ = try await StandardInputLoader(descriptor: 9999).load() }
    #expect(closed?.code == .missingInput)
    #expect(
      closed?.message
        == "The standard input cannot be read (Bad file descriptor): give the process one.")
  }

  @Test("It does what every loader does", arguments: LoaderConformance.checks)
  func conformance(check: LoaderConformance.Check) async throws {
    try await check.run(
      LoaderConformance(
        isRepeatable: false,
        make: { PipeLoader(pipe: Self.pipe($0.map { $0 + ";\n" })) },
        absent: { StandardInputLoader(descriptor: 9999) }))
  }
}

/// Keeps the pipe as long as its loader.
private struct PipeLoader: Loader {
  let pipe: Pipe

  func load() async throws -> [Step] {
    try await StandardInputLoader(descriptor: pipe.fileHandleForReading.fileDescriptor).load()
  }
}
