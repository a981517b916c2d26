import Foundation
import Testing

@Suite("The reports of muddled explore and replay", .timeLimit(.minutes(20)))
struct ExploreReportsTests {
  private static let flags = ["--html", "--junit", "--markdown", "--json"]

  @Test("A file that cannot be written is refused before a server is asked; so are two of one name")
  func refusals() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let nowhere = ["MUDDLED_DB_DSN": "root:@unix(/nowhere)/x"]
      for flag in Self.flags + ["--transcript"] {
        let path = stage.path("none/report")
        let run = try await ProgramRun(
          muddledProgram, ["explore", pair, flag, path], setting: nowhere)
        #expect(run.status == .exited(64), "\(flag): \(run.errors)")
        #expect(
          run.errors
            == "muddled: the file \"\(path)\" cannot be written: No such file or directory; name another\n"
        )
      }
      let path = stage.path("report")
      let twice = try await ProgramRun(
        muddledProgram, ["explore", pair, "--html", path, "--json", path], setting: nowhere)
      #expect(twice.status == .exited(64))
      #expect(twice.errors.contains("--html and --json name the same file"), "\(twice.errors)")
      #expect(text(of: path) == nil)
    }
  }

  @Test("Every report is written beside the table, with the command that replays a witness")
  func files() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let files = Self.flags.map { (flag: $0, path: stage.path("report" + $0)) }
      let arguments = files.flatMap { [$0.flag, $0.path] }
      let assertion = "SELECT n = 20 FROM t"
      let run = try await stage.muddled(
        ["explore", pair, "--assert", assertion] + ExploreStage.pairArguments + arguments)
      #expect(run.status == .exited(1), "\(run.errors)")
      #expect(run.output.contains("pair: 6 orders"))
      for (flag, path) in files {
        let report = try #require(text(of: path))
        #expect(report.hasSuffix("\n"))
        let command = try Regex("muddled replay ([0-9a-z]{12}-[0-9a-z]{2,}|TOKEN) \(pair) --reset")
        #expect(report.contains(command) == (flag != "--json"), "\(flag): \(report)")
      }
    }
  }

  @Test("With - a report is all of standard output")
  func standardOutput() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let run = try await stage.muddled(
        ["explore", pair, "--json", "-"] + ExploreStage.pairArguments)
      #expect(run.status == .exited(0), "\(run.errors)")
      let lines = run.output.split(separator: "\n")
      #expect(lines.count == 1)
      let summary = try JSON(parsing: run.output)
      #expect(summary["orders_run"]?.int == 6)
      #expect(summary["complete"] == .bool(true))
      let outcome = try #require(summary["outcomes"]?.elements.first)
      let token = try #require(outcome["token"]?.text)
      let replay = try await stage.muddled(
        ["replay", token, pair, "--markdown", "-"] + ExploreStage.pairArguments.dropFirst())
      #expect(replay.status == .exited(0), "\(replay.errors)")
      #expect(replay.output.hasPrefix("### muddled: `pair`\n"), "\(replay.output)")
      #expect(replay.output.contains("| `\(outcome["outcome"]?.text ?? "")` | 1 | 100.0 %"))
    }
  }

  @Test("Ctrl-C still writes the reports of what was found so far")
  func interrupt() async throws {
    try await ExploreStage.with { stage in
      var spec = ""
      for client in "ab" {
        spec += "session \(client)\n"
        for step in 1...6 { spec += "step \(client)\(step) { SELECT SLEEP(0.002); }\n" }
      }
      let events = stage.path("events.jsonl")
      let files = Self.flags.map { (flag: $0, path: stage.path("report" + $0)) }
      let process = try await BatchProcess(
        ["explore", try stage.file("slow.spec", spec), "--events", events]
          + files.flatMap { [$0.flag, $0.path] },
        environment: ["MUDDLED_DB_DSN": stage.sandbox.mariaDBDSN()],
        directory: stage.sandbox.folder, files: stage.path("process"))
      #expect(
        try await waitUntil { ((try? EventFile(path: events).orders.count) ?? 0) >= 5 })
      process.send(SIGINT)
      let ending = try await process.finish(within: .seconds(10))
      #expect(ending.code == 130, "\(ending.errors)")
      let ran = try EventFile(path: events).orders.count
      for (flag, path) in files {
        let report = try #require(text(of: path), "\(flag)")
        let words = flag == "--json" ? "\"orders_run\":\(ran)," : "\(ran) of 924"
        #expect(report.contains(words), "\(flag): \(report.prefix(2000))")
        #expect(report.contains("stopped by the user"), "\(flag)")
      }
    }
  }
}
