import Foundation
import MuddledCore
import Testing

@Suite("Scenario of plain files", .timeLimit(.minutes(20)))
struct ScenarioFilesTests {
  /// Runs the work with a folder of files that is removed afterwards.
  private func withFiles<Value>(
    _ files: [String: String], _ work: (String) async throws -> Value
  ) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "muddled-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    return try await work(folder.path)
  }

  @Test("Every statement of a client's file is a step, named after the file")
  func clients() async throws {
    let files = [
      "a.sql": "BEGIN;\n\nCOMMIT;", "b.x.sql": "SELECT 1", "reset.sql": "DELETE FROM t;\nINSERT 1;",
    ]
    let loaded = try await withFiles(files) { folder in
      try await ScenarioFiles(
        clients: ["\(folder)/a.sql", "\(folder)/b.x.sql"], setup: ["sql:CREATE TABLE t (n int)"],
        reset: "\(folder)/reset.sql", checks: ["sql:SELECT 1; SELECT 2", "sql:SELECT 3"],
        teardown: "sql:DROP TABLE t"
      ).load()
    }
    try loaded.validate()
    #expect(loaded.name == "a+b.x")
    #expect(loaded.clients == ["a", "b.x"])
    #expect(loaded.sessions.map { $0.steps.map(\.name) } == [["a1", "a2"], ["b.x1"]])
    #expect(
      loaded.sessions[0].steps.map { $0.block.statements.map(\.text) } == [["BEGIN"], ["COMMIT"]])
    #expect(loaded.sessions[0].steps[1].block.statements[0].line == 3)
    #expect(loaded.setup.map(\.text) == ["CREATE TABLE t (n int)"])
    #expect(loaded.reset?.statements.map(\.text) == ["DELETE FROM t", "INSERT 1"])
    #expect(loaded.checks == ["SELECT 1", "SELECT 2", "SELECT 3"])
    #expect(loaded.teardown?.statements.map(\.text) == ["DROP TABLE t"])
    #expect(try loaded.order(from: "a1 b.x1 a2").slots == [0, 1, 0])
  }

  @Test("Names stay different, and can stand in an order")
  func names() async throws {
    let files = ["x/my file.sql": "1;2", "y/my file.sql": "1", "c1.sql": "1;2", ".sql": "1"]
    let loaded = try await withFiles(files) { folder in
      try await ScenarioFiles(
        clients: ["x/my file.sql", "y/my file.sql", "c1.sql", ".sql"].map { "\(folder)/\($0)" }
      ).load()
    }
    try loaded.validate()
    #expect(loaded.clients == ["my_file", "my_file-2", "c1", ".sql"])
    #expect(loaded.sessions[1].steps.map(\.name) == ["my_file-2_1"])
    #expect(loaded.sessions[2].steps.map(\.name) == ["c1_1", "c1_2"])
    let words = loaded.sessions.flatMap(\.steps).map(\.name).joined(separator: " ")
    #expect(try loaded.order(from: words).slots == [0, 0, 1, 2, 2, 3])
  }

  @Test("Statements that were split at another delimiter stay whole")
  func delimiters() async throws {
    let files = ["p.sql": "DELIMITER //\nBEGIN a; b; END//\nc//"]
    let loaded = try await withFiles(files) { folder in
      try await ScenarioFiles(clients: ["\(folder)/p.sql"]).load()
    }
    let statements = loaded.sessions[0].steps.map { $0.block.statements.map(\.text) }
    #expect(statements == [["BEGIN a; b; END"], ["c"]])
    #expect(problem { try loaded.specText }.contains("at another delimiter than `;`"))
  }

  @Test("What cannot be used is refused by its name")
  func refusals() async throws {
    func message(_ files: ScenarioFiles) async -> String {
      do {
        _ = try await files.load()
        return ""
      } catch let error as MuddledError {
        return "\(error.code): \(error)"
      } catch {
        return "another error: \(error)"
      }
    }
    #expect(await message(ScenarioFiles(clients: [])).hasPrefix("usage: There is no client"))
    #expect(
      await message(ScenarioFiles(clients: ["/no/such.sql"]))
        .hasPrefix("missing input: The client file /no/such.sql cannot be read"))
    try await withFiles(["a.sql": "SELECT 1"]) { folder in
      let clients = ["\(folder)/a.sql"]
      #expect(
        await message(ScenarioFiles(clients: clients, reset: "/no/such.sql"))
          .hasPrefix("missing input: The reset file /no/such.sql cannot be read"))
      #expect(
        await message(ScenarioFiles(clients: clients, checks: ["sql: -- nothing"]))
          == "unusable input: The check \"sql: -- nothing\" holds no statement: write one behind `sql:`."
      )
      #expect(
        await message(ScenarioFiles(clients: clients, setup: ["sql:SELECT 'x"]))
          == "unusable input: the setup SQL:1: the ' that opens here is never closed: close it.")
    }
  }

  @Test("A scenario file is named after its path, and says it in errors")
  func specFile() async throws {
    try await withFiles(["lost.update.spec": twoByTwo, "bad.spec": "session"]) { folder in
      let read = try await Scenario.reading("\(folder)/lost.update.spec")
      #expect(read.name == "lost.update")
      await #expect(throws: MuddledError.self) { try await Scenario.reading("\(folder)/none.spec") }
      do {
        _ = try await Scenario.reading("\(folder)/bad.spec")
        Issue.record("the file was read")
      } catch {
        #expect("\(error)".hasPrefix("\(folder)/bad.spec:1:8: expected the session's name"))
      }
    }
  }

  @Test("An expected transcript has alternatives beside it, and the nearest one is shown")
  func expected() async throws {
    let files = ["q.out": "a\nb\nc\n", "q_1.out": "a\nx\nc\n", "q_3.out": "z\n", "q_10.out": "n\n"]
    try await withFiles(files) { folder in
      let expected = try await ExpectedTranscript.reading("\(folder)/q.out")
      #expect(
        expected.alternatives.map(\.path) == ["q", "q_1", "q_3"].map { "\(folder)/\($0).out" })
      #expect(expected.difference(to: "z\n").isEmpty)
      let difference = expected.difference(to: "a\nx\nd\n")
      #expect(
        difference.text
          == "--- \(folder)/q_1.out\n+++ transcript\n@@ -1,3 +1,3 @@\n a\n x\n-c\n+d\n")
      await #expect(throws: MuddledError.self) {
        try await ExpectedTranscript.reading("\(folder)/none.out")
      }
    }
  }
}
