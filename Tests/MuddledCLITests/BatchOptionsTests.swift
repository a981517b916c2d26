import Testing

@testable import MuddledCLI

@Suite("Options of muddled run", .timeLimit(.minutes(20)))
struct BatchOptionsTests {
  @Test(
    "A list of ids is split at its commas, and a backslash makes the next comma or backslash part of an id",
    arguments: [
      ("2", ["2"]), ("2,3", ["2", "3"]), ("2,,3", ["2", "", "3"]), ("", [""]), (",", ["", ""]),
      (" 2 , 3 ", [" 2 ", " 3 "]), (#"a\,b,c"#, ["a,b", "c"]), (#"a\\,b"#, [#"a\"#, "b"]),
      (#"a\\\,b"#, [#"a\,b"#]), (#"a\b"#, [#"a\b"#]), (#"a\"#, [#"a\"#]), (#"\,"#, [","]),
      (#"a,\"#, ["a", #"\"#]), (#"\\"#, [#"\"#]), ("日本,ü", ["日本", "ü"]), ("a;b c", ["a;b c"]),
    ])
  func splitIDs(list: String, ids: [String]) {
    #expect(RunCommand.splitIDs(list) == ids)
  }

  @Test("Help and version are printed to standard output with 0")
  func help() async throws {
    let version = try await ProgramRun(muddledProgram, ["--version"])
    #expect(version.status.isSuccess && version.errors == "")
    #expect(version.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil, "\(version.output)")
    let help = try await ProgramRun(muddledProgram, ["--help"])
    #expect(help.status.isSuccess && help.errors == "")
    #expect(help.output.contains("run (default)") && help.output.contains("sandbox"))
    for arguments in [["run", "--help"], ["help", "run"]] {
      let run = try await ProgramRun(muddledProgram, arguments)
      #expect(run.status.isSuccess && run.errors == "")
      for option in [
        "-c, --config", "-id, --id", "-p, --partners", "-b, --batch", "--coordinator", "--events",
        "-q, --quiet", "-v, --verbose", "Exit codes: 0 done", "MUDDLED_DB_DSN",
      ] {
        #expect(run.output.contains(option), "\(option) is not in \(run.output)")
      }
    }
  }

  @Test("Every way to write ids and partners names the same batch of three")
  func spellings() async throws {
    try await BatchStage.with { stage in
      let config = stage.config("one", ["SELECT 1"])
      let processes = [
        try await stage.start(
          ["-c", config, "-id", "1", "-p", "2,3", "-b", "9"], node: 1),
        try await stage.start(
          ["run", "--config=" + config, "--id", "2", "-p", "1", "-p", "3", "--batch=9"], node: 2),
        try await stage.start(
          ["run", "--batch", "9", "--partners", "2", "--partners=1", "--id=3", "--config", config],
          node: 3),
      ]
      for process in processes {
        let ending = try await process.finish()
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(ending.output.contains("clients     1, 2, 3"))
        #expect(ending.output.contains("orders      6 run of 6"))
      }
    }
  }

  @Test("Progress goes to standard error as plain lines, --quiet leaves only the summary")
  func outputs() async throws {
    try await BatchStage.with { stage in
      let config = stage.config("one", ["SELECT SLEEP(0.01)", "SELECT 2", "SELECT 3"])
      let partners = [["-p", "2"], ["-p", "1", "--quiet"]]
      var processes: [BatchProcess] = []
      for (index, more) in partners.enumerated() {
        processes.append(
          try await stage.start(
            ["-c", config, "-id", "\(index + 1)", "-b", "out"] + more, node: index + 1))
        // The first waits for the second, and says so.
        if index == 0 { try await processes[0].waitForWords("waiting for \"2\"") }
      }
      let plain = try await processes[0].finish()
      let quiet = try await processes[1].finish()
      #expect(plain.code == 0 && quiet.code == 0)
      let lines = plain.errors.split(separator: "\n")
      #expect(
        lines.prefix(2) == [
          "muddled: waiting for \"2\"", "muddled: all nodes are there; 20 orders",
        ])
      // A slow machine gets to see how far it is, every five seconds.
      let progress = /muddled: \d+ of 20 orders, \d+ orders\/s, (\d+|\?) s left/
      #expect(lines.dropFirst(2).allSatisfy { $0.wholeMatch(of: progress) != nil })
      #expect(!plain.errors.contains("\u{1B}") && !plain.errors.contains("\r"))
      #expect(quiet.errors == "")
      for (index, ending) in [plain, quiet].enumerated() {
        #expect(ending.output.hasPrefix("batch out, node \(index + 1)\n  clients     1, 2\n"))
        #expect(!ending.output.contains("\u{1B}"))
      }
      // --quiet hides no error.
      let late = try await stage.start(
        ["-c", config, "-id", "1", "-b", "out", "-p", "2", "--quiet"], node: 1)
      let ending = try await late.finish()
      #expect(ending.code == 64)
      #expect(ending.errors.hasPrefix("muddled: batch \"out\" has already ended"))
    }
  }

  @Test("--verbose logs details to standard error, and no password")
  func verbose() async throws {
    try await BatchStage.with { stage in
      let config = stage.config("one", ["SELECT 1"])
      for ending in try await stage.run(
        batch: "loud", configs: [config, config], more: ["--verbose"])
      {
        #expect(ending.code == 0)
        #expect(ending.errors.contains("trace"), "\(ending.errors)")
        #expect(!(ending.errors + ending.output).contains(BatchStage.password))
      }
    }
  }

  @Test("At a terminal the progress is one line that is written over")
  func terminal() async throws {
    try await BatchStage.with { stage in
      let config = stage.config("one", ["SELECT SLEEP(0.02)", "SELECT 2", "SELECT 3"])
      let partner = try await stage.start(
        ["-c", config, "-id", "2", "-p", "1", "-b", "tty"], node: 2)
      // `script` runs the command at a terminal of its own, and `-e` passes its exit code on.
      let run = try await ProgramRun(
        "script", ["-qec", "\(muddledProgram) -c \(config) -id 1 -p 2 -b tty", "/dev/null"],
        setting: stage.environment(node: 1))
      #expect(run.status == .exited(0))
      let line = /\r\u{1B}\[K\[#*\.*\] +\d+% (\d+) of 20 orders, \d+ orders\/s, (\d+|\?) s left/
      #expect(!run.output.matches(of: line).isEmpty, "\(run.output)")
      // The line is gone before the summary is printed.
      let end = try #require(run.output.firstRange(of: "batch tty, node 1"))
      #expect(run.output[..<end.lowerBound].hasSuffix("\r\u{1B}[K"), "\(run.output)")
      let ending = try await partner.finish()
      #expect(ending.code == 0 && !ending.errors.contains("\u{1B}"), "\(ending.errors)")
    }
  }
}
