import Foundation
import Subprocess
import Testing

@Suite("The examples of explore", .timeLimit(.minutes(10)))
struct ExploreExamplesTests {
  /// What brings the first state back faster than the example's own setup, where it has many orders.
  private static let resets = [
    "lost-update": "REPLACE INTO account VALUES (1, 100)",
    "read-skew": "REPLACE INTO account VALUES (1, 100), (2, 100)",
    "bank-transfer": "REPLACE INTO account VALUES (1, 40), (2, 60)",
    "dirty-read": "REPLACE INTO account VALUES (1, 100)",
  ]

  @Test("Each example gives its recorded transcript, twice")
  func recorded() async throws {
    let folder = Repository.folder + "/Examples"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".spec") }.map { String($0.dropLast(5)) }.sorted()
    #expect(names.count == 9)
    try await ExploreStage.with { stage in
      for name in names + names {
        let reset = Self.resets[name].map { ["--reset", "sql:" + $0] } ?? []
        let run = try await stage.muddled(
          [
            "explore", "-q", "\(folder)/\(name).spec", "--expect", "\(folder)/expected/\(name).out",
          ] + reset)
        #expect(run.status == .exited(0), "\(name): \(run.output.suffix(2000)) \(run.errors)")
      }
      #expect(try await stage.lanes() == "")
    }
  }

  @Test("The bank transfer's invariant holds, and does not without FOR UPDATE")
  func invariant() async throws {
    let path = Repository.folder + "/Examples/bank-transfer.spec"
    let spec = try String(contentsOfFile: path, encoding: .utf8)
    try await ExploreStage.with { stage in
      let careless = try stage.file(
        "careless.spec", spec.replacing(" FOR UPDATE;", with: ";"))
      for (path, code) in [(path, Int32(0)), (careless, 1)] {
        let run = try await stage.muddled([
          "explore", "-q", path, "--reset", "sql:" + (Self.resets["bank-transfer"] ?? ""),
          "--assert", "SELECT SUM(balance) = 100 FROM account",
          "--assert", "SELECT * FROM account WHERE balance < 0",
        ])
        #expect(run.status == .exited(code), "\(run.output) \(run.errors)")
        let complaint =
          "assertion does not hold in 60 orders: SELECT * FROM account WHERE balance < 0"
        #expect(run.output.contains(complaint) == (code == 1))
        #expect(!run.output.contains("SUM(balance)"))
      }
    }
  }
}
