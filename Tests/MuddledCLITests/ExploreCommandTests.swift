import Foundation
import Subprocess
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("muddled explore, replay and count", .timeLimit(.minutes(20)))
struct ExploreCommandTests {
  @Test(
    "A scenario that cannot be used is refused with 65 and one sentence, before a server is asked")
  func badScenarios() async throws {
    let step = "step a1 { SELECT 1; }"
    let cases = [
      ("session a \(step) \(step)", "found \"a1\" again"),
      ("session a \(step)\npermutation a1 zz", "zz"),
      ("session a \(step) session b", ":1:"),
      ("session a \(step)\nsession a step a2 { SELECT 2; }", "two sessions named \"a\""),
      ("session a step a1 { SELECT 'x; }", "a.spec:1"),
      ("session a step a1 { SELECT 1", "a.spec:1:"),
      ("", "a.spec:1:"),
    ]
    try await ExploreStage.with { stage in
      for (spec, words) in cases {
        let path = try stage.file("a.spec", spec)
        for command in ["explore", "count"] {
          let run = try await ProgramRun(
            muddledProgram, [command, path], setting: ["MUDDLED_DB_DSN": "root:@unix(/nowhere)/x"])
          #expect(run.status == .exited(65), "\(spec): \(run.errors)")
          #expect(run.output == "")
          #expect(run.errors.contains(words), "\(spec): \(run.errors)")
          #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }
      }
    }
  }

  @Test("Arguments that contradict each other or name what is not there are refused")
  func usage() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let cases: [([String], Int32, String)] = [
        (["explore"], 64, "name a scenario file"),
        (["explore", stage.path("none.spec")], 66, "none.spec"),
        (["explore", pair, "--client", pair], 64, "not both"),
        (["explore", pair, "--all", "--rank", "1"], 64, "only one"),
        (["explore", pair, "--rank", "6"], 64, "6"),
        (["explore", pair, "--order", "a1 a2 b1"], 64, "b2"),
        (["explore", pair, "--order", "a2 a1 b1 b2"], 64, "a2"),
        (["explore", pair, "--ranks", "4..9"], 64, "9"),
        (["explore", pair, "--sample", "0"], 64, "above 0"),
        (["explore", pair, "--lanes", "65"], 64, "0 to 64"),
        (["explore", pair, "--stall-ms", "0"], 64, "stall-ms"),
        (["explore", pair, "--record"], 64, "--expect"),
        (["replay", "hello", pair], 64, "hello"),
        (["explroe", pair], 64, "there is no command \"explroe\""),
        (["explore", pair, "--events", "-"], 64, "name a file"),
        (["explore", pair, "--html", ""], 64, "cannot be written"),
        (["explore", pair, "--expect", stage.path("none.out")], 66, "none.out"),
        (["explore", pair, "--reset", "sql:DELETE FROM nowhere"], 65, "the reset, line 1"),
      ]
      for (arguments, code, words) in cases {
        let run = try await stage.muddled(arguments)
        #expect(run.status == .exited(code), "\(arguments): \(run.errors)")
        #expect(run.errors.contains(words), "\(arguments): \(run.errors)")
        #expect(code == 65 || run.output == "", "\(arguments): \(run.output)")
      }
      #expect(try await stage.lanes() == "")
    }
  }

  @Test("More than a million orders are refused with their count, unless they are asked for")
  func tooMany() async throws {
    try await ExploreStage.with { stage in
      var spec = ""
      for client in "abc" {
        spec += "session \(client)\n"
        for step in 1...6 { spec += "step \(client)\(step) { SELECT 1; }\n" }
      }
      let path = try stage.file("many.spec", spec)
      let refused = try await stage.muddled(["explore", path])
      #expect(refused.status == .exited(64))
      #expect(refused.errors.contains("17153136 orders"))
      let sampled = try await stage.muddled(["explore", "-q", path, "--sample", "5", "--seed", "3"])
      #expect(sampled.status == .exited(0))
      #expect(sampled.output.contains("5 orders"), "\(sampled.output)")
      let count = try await stage.muddled(["count", path])
      #expect(count.output == "17153136\n")
    }
  }

  @Test("count --list prints each order once, with its rank")
  func list() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let run = try await stage.muddled(["count", pair, "--list"])
      #expect(
        run.output == """
          0  a1 a2 b1 b2
          1  a1 b1 a2 b2
          2  a1 b1 b2 a2
          3  b1 a1 a2 b2
          4  b1 a1 b2 a2
          5  b1 b2 a1 a2

          """)
    }
  }

  @Test("Each outcome's token replays to the outcome, and a changed scenario refuses it by name")
  func replay() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let events = stage.path("events.jsonl")
      let run = try await stage.muddled(
        ["explore", pair, "--events", events] + ExploreStage.pairArguments)
      #expect(run.status == .exited(0), "\(run.errors)")
      let file = try EventFile(path: events)
      #expect(file.orders.count == 6)
      let summary = try #require(file.summaries.first)
      let outcomes = try #require(summary["outcomes"]).elements
      #expect(outcomes.count == 4)
      for outcome in outcomes {
        let token = try #require(outcome["token"]?.text)
        let id = try #require(outcome["outcome"]?.text)
        let replayed = try await stage.muddled(
          ["replay", token, pair] + ExploreStage.pairArguments.dropFirst())
        #expect(replayed.status == .exited(0), "\(replayed.errors)")
        #expect(replayed.output.contains("outcome: \(id)\n"), "\(replayed.output)")
        #expect(replayed.output.contains("step a1: UPDATE t SET n = n + 1;"))
      }
      let token = try #require(outcomes[0]["token"]?.text)
      let changed = try stage.file(
        "changed.spec", ExploreStage.pair.replacing("n * 10", with: "n * 11"))
      let refused = try await stage.muddled(["replay", token, changed])
      #expect(refused.status == .exited(65))
      #expect(refused.errors.contains("not of the scenario changed"), "\(refused.errors)")
    }
  }

  @Test("--top shortens the table, --outcome shows one in full, an unknown one is refused")
  func table() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let arguments = ["explore", pair] + ExploreStage.pairArguments
      let full = try await stage.muddled(arguments)
      #expect(full.output.contains("pair: 6 orders: 6 executions, 4 outcomes\n"))
      let ids = full.output.split(separator: "\n").filter { $0.contains(" orders") }.dropFirst()
        .compactMap { $0.split(separator: " ").first.map(String.init) }
      let short = try await stage.muddled(arguments + ["--top", "2"])
      #expect(short.output.contains("and 2 more outcomes; --top N shows more"), "\(short.output)")
      let id = try #require(ids.first { $0.count == 12 })
      let shown = try await stage.muddled(arguments + ["--outcome", id])
      #expect(shown.status == .exited(0))
      #expect(shown.output.contains("starting permutation: "), "\(shown.output)")
      #expect(shown.output.contains("final: SELECT n FROM t"), "\(shown.output)")
      let unknown = try await stage.muddled(arguments + ["--outcome", "xyz"])
      #expect(unknown.status == .exited(64))
      #expect(unknown.errors.contains("there is no outcome \"xyz\""))
    }
  }

  @Test("--distinct writes one line for each execution, with the number of orders it stands for")
  func standsFor() async throws {
    try await ExploreStage.with { stage in
      let path = Repository.folder + "/Examples/lost-update.spec"
      let events = stage.path("events.jsonl")
      let run = try await stage.muddled([
        "explore", "-q", path, "--distinct", "--events", events, "--lanes", "2",
        "--reset", "sql:REPLACE INTO account VALUES (1, 100)",
      ])
      #expect(run.status == .exited(0), "\(run.errors)")
      #expect(run.output.contains("70 orders: 50 executions"), "\(run.output)")
      let file = try EventFile(path: events)
      #expect(file.orders.count == 50)
      let spoken = file.orders.compactMap { $0["stands_for"]?.int }
      #expect(spoken.count == 50)
      #expect(spoken.allSatisfy { $0 > 0 })
      #expect(spoken.reduce(0, +) == 70)
      #expect(file.summaries.first?["orders_run"]?.int == 70)
      #expect(file.summaries.first?["complete"] == .bool(true))
    }
  }

  @Test("An assertion that does not hold ends with 1, and says in which order")
  func assertion() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let arguments = ["explore", pair] + ExploreStage.pairArguments
      let wrong = try await stage.muddled(arguments + ["--assert", "SELECT n = 20 FROM t"])
      #expect(wrong.status == .exited(1))
      #expect(wrong.output.contains("assertion does not hold in 3 orders"), "\(wrong.output)")
      let right = try await stage.muddled(
        arguments + ["--assert", "SELECT * FROM t WHERE n NOT IN (11, 20)"])
      #expect(right.status == .exited(0), "\(right.output)")
      let mistyped = try await stage.muddled(arguments + ["--assert", "SELECT m FROM t"])
      #expect(mistyped.status == .exited(1))
      #expect(mistyped.output.contains("the server refuses it: error 1054"), "\(mistyped.output)")
      let token = try #require(wrong.output.firstMatch(of: /such as ([0-9a-z]+-[0-9a-z]+)/)).1
      for (assertion, code) in [("SELECT 1", Int32(0)), ("SELECT 0", 1)] {
        let replay = try await stage.muddled(
          ["replay", String(token), pair, "--assert", assertion]
            + ExploreStage.pairArguments.dropFirst())
        #expect(replay.status == .exited(code), "\(replay.errors)")
        #expect(replay.output.contains("assertion does not hold") == (code == 1))
      }
    }
  }

  @Test("What cannot be printed ends with 69 and a sentence, and leaves nothing behind")
  func fullOutput() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      for command in ["explore \(pair) -q", "count --list \(pair)"] {
        let run = try await ProgramRun(
          "/bin/sh", ["-c", "exec \(muddledProgram) \(command) >/dev/full"],
          setting: ["MUDDLED_DB_DSN": stage.sandbox.mariaDBDSN()])
        #expect(run.status == .exited(69), "\(command): \(run.errors)")
        #expect(
          run.errors == "muddled: standard output cannot be written: No space left on device\n")
      }
      for closed in [">&-", "2>&-", "2>/dev/full"] {
        let run = try await ProgramRun(
          "/bin/sh", ["-c", "exec \(muddledProgram) explore \(pair) \(closed)"],
          setting: ["MUDDLED_DB_DSN": stage.sandbox.mariaDBDSN()])
        #expect(run.status == .exited(0), "\(closed): \(run.errors)")
      }
      #expect(try await stage.lanes() == "")
    }
  }

  @Test("The server's words for an error that is no lock's stand below the table, once")
  func serverWords() async throws {
    try await ExploreStage.with { stage in
      let spec =
        "session a\nstep a1 { SELECT * FROM absent }\nsession b\nstep b1 { SELECT * FROM absent }\n"
      let run = try await stage.muddled(["explore", try stage.file("absent.spec", spec)])
      #expect(run.status == .exited(0))
      #expect(run.output.split(separator: "\n").count { $0.contains("error 1146 (42S02): ") } == 1)
      #expect(run.output.contains(", as in a1"), "\(run.output)")
    }
  }

  @Test("--record writes what --expect then finds, and a changed line is shown and ends with 1")
  func expect() async throws {
    try await ExploreStage.with { stage in
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let arguments = ["explore", pair] + ExploreStage.pairArguments
      let out = stage.path("pair.out")
      let missing = try await stage.muddled(arguments + ["--expect", out])
      #expect(missing.status == .exited(66), "\(missing.errors)")
      let recorded = try await stage.muddled(arguments + ["--expect", out, "--record"])
      #expect(recorded.status == .exited(0))
      let text = try String(contentsOfFile: out, encoding: .utf8)
      #expect(
        text.hasPrefix(
          "Parsed test spec with 2 sessions\n\nstarting permutation: a1 a2 b1 b2\nstep a1: "))
      // One empty line ends a table, and one begins an order.
      #expect(text.contains("(1 row)\n\n\nstarting permutation: "))
      #expect(!text.contains("\n\n\n\n"))
      #expect(try await stage.muddled(arguments + ["--expect", out]).status == .exited(0))
      _ = try stage.file("pair.out", text.replacing("n + 1", with: "n + 2"))
      let differs = try await stage.muddled(arguments + ["--expect", out])
      #expect(differs.status == .exited(1))
      #expect(differs.output.contains("-step a1: UPDATE t SET n = n + 2;"), "\(differs.output)")
      #expect(differs.output.contains("+step a1: UPDATE t SET n = n + 1;"))
      _ = try stage.file("pair_1.out", text)
      #expect(try await stage.muddled(arguments + ["--expect", out]).status == .exited(0))
    }
  }

  @Test("A setup that fails ends with 65 and the server's words, and leaves nothing behind")
  func setupFails() async throws {
    try await ExploreStage.with { stage in
      let path = try stage.file(
        "bad.spec", "setup {\n  INSERT INTO nowhere VALUES (1);\n}\nsession a step a1 { SELECT 1; }"
      )
      let run = try await stage.muddled(["explore", "-q", path])
      #expect(run.status == .exited(65), "\(run.errors)")
      #expect(run.errors.contains("line 2"), "\(run.errors)")
      #expect(run.errors.contains("nowhere' doesn't exist"), "\(run.errors)")
      #expect(try await stage.lanes() == "")
    }
  }

  @Test("Without the right to make databases, lanes are refused, and --lanes 0 does without")
  func rights() async throws {
    try await ExploreStage.with { stage in
      _ = try await stage.sandbox.query(
        "CREATE USER small IDENTIFIED BY 'pw5813'; GRANT ALL ON client_test.* TO small")
      let pair = try stage.file("pair.spec", ExploreStage.pair)
      let dsn = "small:pw5813@unix(\(stage.sandbox.mariaDBSocket))/client_test"
      let arguments = ["explore", pair] + ExploreStage.pairArguments
      let setting = ["MUDDLED_DB_DSN": dsn]
      let refused = try await ProgramRun(muddledProgram, arguments, setting: setting)
      #expect(refused.status == .exited(78), "\(refused.errors)")
      #expect(refused.errors.contains("GRANT") || refused.errors.contains("grant"))
      #expect(!refused.errors.contains("pw5813"))
      let run = try await ProgramRun(
        muddledProgram, arguments + ["--lanes", "0"], setting: setting)
      #expect(run.status == .exited(0), "\(run.errors)")
      #expect(run.output.contains("6 orders: 6 executions"))
      #expect(try await stage.sandbox.query("SHOW TABLES IN client_test") == "")
    }
  }

  @Test("Ctrl-C ends with 130, prints the table so far and the ranks to go on with")
  func interrupt() async throws {
    try await ExploreStage.with { stage in
      var spec = ""
      for client in "ab" {
        spec += "session \(client)\n"
        for step in 1...6 { spec += "step \(client)\(step) { SELECT SLEEP(0.002); }\n" }
      }
      let events = stage.path("events.jsonl")
      let process = try await BatchProcess(
        ["explore", try stage.file("slow.spec", spec), "--events", events],
        environment: ["MUDDLED_DB_DSN": stage.sandbox.mariaDBDSN()],
        directory: stage.sandbox.folder, files: stage.path("process"))
      #expect(
        try await waitUntil { ((try? EventFile(path: events).orders.count) ?? 0) >= 5 })
      process.send(SIGINT)
      let ending = try await process.finish(within: .seconds(10))
      #expect(ending.code == 130, "\(ending.errors)")
      #expect(ending.errors.contains("muddled: 924 orders\n"), "\(ending.errors)")
      #expect(ending.errors.contains("muddled: ending after what is under way"))
      let ran = try EventFile(path: events).orders.count
      #expect(ran >= 5 && ran < 924)
      #expect(ending.output.contains("slow: \(ran) of 924 orders"), "\(ending.output)")
      #expect(ending.output.contains("to go on: --ranks \(ran)..923"), "\(ending.output)")
      #expect(try await stage.lanes() == "")
    }
  }
}
