import Foundation
import MuddledTestKit
import Subprocess
import Testing

@Suite("The examples of explore", .timeLimit(.minutes(20)))
struct ExploreExamplesTests {
  @Test("Each example gives its recorded transcript, twice")
  func recorded() async throws {
    let folder = ExampleScenarios.folder
    let names = try ExampleScenarios.names()
    #expect(names.count == 9)
    try await ExploreStage.with { stage in
      for name in names + names {
        let reset = ExampleScenarios.resets[name].map { ["--reset", "sql:" + $0] } ?? []
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
    let path = ExampleScenarios.folder + "/bank-transfer.spec"
    let spec = try String(contentsOfFile: path, encoding: .utf8)
    try await ExploreStage.with { stage in
      let careless = try stage.file(
        "careless.spec", spec.replacing(" FOR UPDATE;", with: ";"))
      for (path, code) in [(path, Int32(0)), (careless, 1)] {
        let run = try await stage.muddled([
          "explore", "-q", path, "--reset",
          "sql:" + (ExampleScenarios.resets["bank-transfer"] ?? ""),
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
