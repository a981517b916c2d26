import MuddledCore
import MuddledTestKit
import Subprocess
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("muddled sandbox", .timeLimit(.minutes(20)), .serialized, .inTurn)
struct SandboxCommandTests {
  @Test("The command's exit code is passed on, 128 + n for a signal")
  func exitCode() async throws {
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137)] {
      let run = try await ProgramRun(muddledProgram, ["sandbox", "--", "sh", "-c", script])
      #expect(run.status == .exited(CInt(code)), "\(script): \(run.errors)")
      #expect(run.errors == "")
    }
  }

  @Test("The servers take turns as was chosen for the program")
  func turns() async throws {
    let script = #"chrt -p $$; chrt -p "$(cat "$MUDDLED_SANDBOX_DIR"/mariadb.pid)""#
    for (flag, policy) in [("--other", "SCHED_OTHER"), ("--idle", "SCHED_IDLE")] {
      let run = try await ProgramRun(
        "chrt", [flag, "0", muddledProgram, "sandbox", "--", "sh", "-c", script])
      let policies = run.output.split(separator: "\n").filter { $0.contains("SCHED_") }
        .map { $0.split(separator: " ").last.map(String.init) }
      #expect(policies == [policy, policy], "\(run.output)\(run.errors)")
    }
  }

  @Test("The command finds its servers in its environment")
  func environment() async throws {
    try await withFolder { folder in
      write("CREATE TABLE seen (id INT); INSERT INTO seen VALUES (42);", to: folder + "/init.sql")
      let script = """
        mariadb --no-defaults -uroot -S "$MUDDLED_SANDBOX_SOCKET" -BN -e 'SELECT id FROM mine.seen'
        redis-cli -u "$MUDDLED_COORDINATOR_URL" PING
        echo "$MUDDLED_DB_DSN"
        [ "$MUDDLED_CDB_DSN" = "$MUDDLED_DB_DSN" ] && echo same
        ls -d "$MUDDLED_SANDBOX_DIR"
        """
      let run = try await ProgramRun(
        muddledProgram,
        ["sandbox", "--redis", "--init", folder + "/init.sql", "--database", "mine"]
          + ["--", "sh", "-c", script])
      let lines = run.output.split(separator: "\n").map(String.init)
      try #require(lines.count == 5, "\(run.output)\(run.errors)")
      #expect(lines[0...1] == ["42", "PONG"])
      #expect(lines[2] == "root:@unix(\(lines[4])/mariadb.sock)/mine")
      #expect(lines[3] == "same")
      #expect(!exists(lines[4]))
    }
  }

  @Test("With --nats the command finds a NATS server that greets with JetStream")
  func nats() async throws {
    let script = """
      address=${MUDDLED_COORDINATOR_URL#nats://}
      bash -c 'read -r line <"/dev/tcp/$0/$1" && echo "$line"' "${address%:*}" "${address#*:}"
      """
    let run = try await ProgramRun(muddledProgram, ["sandbox", "--nats", "--", "sh", "-c", script])
    #expect(run.status == .exited(0), "\(run.errors)")
    #expect(run.output.hasPrefix("INFO {") && run.output.contains("\"jetstream\":true"))
  }

  @Test("Bad calls are one sentence and the right exit code")
  func badCalls() async throws {
    try await withFolder { folder in
      write("SELEC 1;", to: folder + "/bad.sql")
      for (arguments, code, words) in [
        ([], 64, "nothing to run"),
        (["--redis", "--nats", "--", "true"], 64, "either --redis or --nats"),
        (["--", "no-such-command"], 64, "no-such-command is not there"),
        (["--", folder], 64, "\(folder) is not there or not executable; name one that is.\n"),
        (["--", folder + "/bad.sql"], 64, "bad.sql is not there or not executable"),
        (["--database", "a/b", "--", "true"], 64, "\"a/b\""),
        (["--init", folder + "/none.sql", "--", "true"], 66, "none.sql cannot be read"),
        (["--init", folder + "/bad.sql", "--", "true"], 65, "bad.sql failed: ERROR 1064"),
      ] {
        let run = try await ProgramRun(muddledProgram, ["sandbox"] + arguments)
        #expect(run.status == .exited(CInt(code)), "\(arguments)")
        #expect(run.errors.contains(words), "\(run.errors)")
        #expect(run.errors.hasPrefix("muddled: ") && run.errors.split(separator: "\n").count == 1)
        #expect(run.output == "")
      }
    }
  }

  @Test("After kill -9 of the sandbox its servers and its folder go too")
  func kill9() async throws {
    try await withFolder { folder in
      _ = try await withWaitingSandbox(folder, trap: "") { process, sandbox in
        kill(process, SIGKILL)
        let isGone = try await waitUntil { !exists(sandbox.folder) }
        #expect(isGone)
        #expect(sandbox.servers.allSatisfy { !isAlive($0) })
        kill(sandbox.command, SIGKILL)
        return .signaled(SIGKILL)
      }
    }
  }

  @Test("SIGTERM, SIGHUP and a sent SIGINT reach the command, which ends beside living servers")
  func signals() async throws {
    for (signal, name) in [(SIGTERM, "TERM"), (SIGHUP, "HUP"), (SIGINT, "INT")] {
      try await withFolder { folder in
        let trap = """
          trap 'mariadb --no-defaults -uroot -S "$MUDDLED_SANDBOX_SOCKET" -e "SELECT 1" >\(folder)/out
            exit 42' \(name)
          """
        let sandbox = try await withWaitingSandbox(folder, trap: trap) { process, sandbox in
          kill(process, signal)
          return .exited(42)
        }
        #expect(text(of: folder + "/out") == "1\n1\n", "\(name)")
        #expect(!exists(sandbox.folder))
        #expect(sandbox.servers.allSatisfy { !isAlive($0) })
      }
    }
  }

  @Test("Ctrl-C at a terminal stops the command, not its servers, and its exit code is passed on")
  func terminal() async throws {
    try await withFolder { folder in
      let script = """
        trap 'mariadb --no-defaults -uroot -S "$MUDDLED_SANDBOX_SOCKET" -e "SELECT 1" >\(folder)/out
          echo $((count + 1)) >>\(folder)/interrupts; sleep 0.2; exit 43' INT
        echo >\(folder)/ready
        while :; do sleep 0.02; done
        """
      write(script, to: folder + "/script.sh")
      // `script` runs the command at a terminal of its own, and `-e` passes its exit code on.
      let result = try await run(
        .name("script"),
        arguments: [
          "-qec", "exec \(muddledProgram) sandbox -- sh \(folder)/script.sh", "/dev/null",
        ],
        input: .inputWriter, output: .discarded, error: .discarded
      ) { execution in
        let isReady = try await waitUntil { exists(folder + "/ready") }
        #expect(isReady)
        _ = try await execution.standardInputWriter.write("\u{3}")
        _ = try await waitUntil { exists(folder + "/interrupts") }
        try await execution.standardInputWriter.finish()
      }
      #expect(result.terminationStatus == .exited(43))
      #expect(text(of: folder + "/out") == "1\n1\n")
      #expect(text(of: folder + "/interrupts") == "1\n")
    }
  }

  /// The processes and the folder of a sandbox that runs.
  private struct Running {
    let folder: String
    let servers: [Int32]
    let command: Int32
  }

  /// Runs the sandbox with a command that waits for ever, and checks how it ends.
  private func withWaitingSandbox(
    _ folder: String, trap: String,
    _ body: (Int32, Running) async throws -> TerminationStatus
  ) async throws -> Running {
    let script = """
      \(trap)
      cat "$MUDDLED_SANDBOX_DIR/mariadb.pid" "$MUDDLED_SANDBOX_DIR/redis.pid" >\(folder)/pids
      echo $$ >>\(folder)/pids
      echo "$MUDDLED_SANDBOX_DIR" >\(folder)/folder
      echo >\(folder)/ready
      while :; do sleep 0.02; done
      """
    let result = try await run(
      .path(.init(muddledProgram)),
      arguments: ["sandbox", "--redis", "--", "sh", "-c", script],
      input: .none, output: .discarded, error: .discarded
    ) { execution in
      let isReady = try await waitUntil { exists(folder + "/ready") }
      try #require(isReady)
      let processes = (text(of: folder + "/pids") ?? "").split(separator: "\n").compactMap {
        Int32($0)
      }
      try #require(processes.count == 3)
      let path = (text(of: folder + "/folder") ?? "").split(separator: "\n").first
      let running = Running(
        folder: String(try #require(path)), servers: Array(processes[..<2]), command: processes[2])
      #expect(running.servers.allSatisfy(isAlive) && exists(running.folder))
      let process = execution.processIdentifier.value
      return (try await body(process, running), running)
    }
    #expect(result.terminationStatus == result.closureResult.0)
    return result.closureResult.1
  }
}
