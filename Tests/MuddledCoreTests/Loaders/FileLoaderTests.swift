import Foundation
import MuddledCore
import MuddledTestKit
import Testing

@Suite("FileLoader", .timeLimit(.minutes(20)))
struct FileLoaderTests {
  private func withFile<T>(_ content: Data, _ body: (String) async throws -> T) async throws -> T {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).sql")
    try content.write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
  }

  @Test("Each statement of the file is a step")
  func steps() async throws {
    let steps = try await withFile(Data("-- two\nSELECT 1;\nSELECT ';'\n".utf8)) { path in
      try await FileLoader(path: path).load()
    }
    #expect(steps == [Step("SELECT 1"), Step("SELECT ';'")])
  }

  @Test("A missing file, and a directory, are missing input, with path and reason")
  func missing() async {
    let directory = FileManager.default.temporaryDirectory.path
    for (path, reason) in [
      ("/nowhere/a.sql", "No such file or directory"), (directory, "Is a directory"),
      ("", "No such file or directory"),
    ] {
      let error = await #expect(throws: MuddledError.self) {
        try await FileLoader(path: path, name: "reset file").load()
      }
      #expect(error?.code == .missingInput)
      #expect(
        error?.message == "The reset file \(path) cannot be read (\(reason)): check its path.")
    }
  }

  @Test(
    "A file without a statement is unusable", arguments: ["", " \n;", "-- nothing\n/* here */;"])
  func empty(content: String) async throws {
    try await withFile(Data(content.utf8)) { path in
      let error = await #expect(throws: MuddledError.self) {
        try await FileLoader(path: path).load()
      }
      #expect(error?.code == .unusableInput)
      #expect(error?.message.hasPrefix("The SQL file \(path) holds no statement") == true)
    }
  }

  @Test("An error inside the file names the file and the line")
  func place() async throws {
    try await withFile(Data("SELECT 1;\nSELECT 'a;\n".utf8)) { path in
      let error = await #expect(throws: MuddledError.self) {
        try await FileLoader(path: path).load()
      }
      #expect(error?.message.hasPrefix("\(path):2: the ' ") == true)
    }
  }

  @Test("A pipe is read to its end")
  func pipe() async throws {
    let pipe = Pipe()
    let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
    async let steps = FileLoader(path: path).load()
    for part in ["SELECT ", "1; SEL", "ECT 2"] {
      try pipe.fileHandleForWriting.write(contentsOf: Data(part.utf8))
    }
    try pipe.fileHandleForWriting.close()
    #expect(try await steps == [Step("SELECT 1"), Step("SELECT 2")])
  }

  @Test("A file that never ends is refused")
  func endless() async {
    let error = await #expect(throws: MuddledError.self) {
      try await FileLoader(path: "/dev/zero").load()
    }
    #expect(error?.code == .unusableInput)
    #expect(error?.message.contains("longer than 256 MiB") == true)
  }

  @Test("It does what every loader does", arguments: LoaderConformance.checks)
  func conformance(check: LoaderConformance.Check) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await check.run(
      LoaderConformance(
        make: { statements in
          let file = folder.appending(path: "\(UUID()).sql")
          try Data(statements.map { $0 + ";\n" }.joined().utf8).write(to: file)
          return FileLoader(path: file.path)
        },
        absent: { FileLoader(path: folder.path + "/none.sql") }))
  }
}
