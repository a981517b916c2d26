import Foundation
import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("Sandbox", .timeLimit(.minutes(20)), .serialized, .inTurn)
struct SandboxTests {
  @Test("Its servers answer on sockets and ports, and are gone with their folder after the scope")
  func scope() async throws {
    var options = Sandbox.Options(redis: true, generalLog: true)
    options.database = "first"
    let (folder, processes) = try await Sandbox.withServers(options) { sandbox in
      #expect(try await sandbox.query("SELECT 1") == "1\n")
      #expect(try await sandbox.query("SHOW DATABASES LIKE 'first'") == "first\n")
      let tcp = try await ProgramRun(
        "mariadb",
        [
          "--no-defaults", "--user=root", "--host=127.0.0.1", "--port=\(sandbox.mariaDBPort)",
          "--execute=SELECT 1", "first",
        ])
      #expect(tcp.status == .exited(0))
      let ping = try await ProgramRun("redis-cli", ["-s", sandbox.redisSocket, "PING"])
      #expect(ping.output == "PONG\n")
      let tcpPing = try await ProgramRun("redis-cli", ["-p", "\(sandbox.redisPort)", "PING"])
      #expect(tcpPing.output == "PONG\n")
      #expect(sandbox.mariaDBDSN() == "root:@unix(\(sandbox.mariaDBSocket))/first")
      #expect(exists(sandbox.generalLog))
      #expect(sandbox.mariaDBSocket.utf8.count <= 107)
      let processes = [await sandbox.mariaDBProcessID, await sandbox.redisProcessID]
      return (sandbox.folder, try processes.map { try #require($0) })
    }
    #expect(!exists(folder))
    #expect(processes.allSatisfy { !isAlive($0) })
  }

  @Test("Its servers do not inherit how the threads of this process take turns")
  func turns() async throws {
    // Whichever thread starts the server, it is one that lets others go on; the first thread is not.
    let (ordinary, batch): (Int32, Int32) = (0, 3)
    func threads(under policy: Int32) throws -> [pid_t] {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").compactMap {
        pid_t($0)
      }
      .filter { $0 != getpid() && sched_getscheduler($0) == policy }
    }
    func set(_ policy: Int32, for threads: [pid_t]) {
      var parameters = sched_param()
      for thread in threads { _ = sched_setscheduler(thread, policy, &parameters) }
    }
    let changed = try threads(under: ordinary)
    set(batch, for: changed)
    defer { set(ordinary, for: changed) }
    try await Sandbox.withServers { sandbox in
      let process = try #require(await sandbox.mariaDBProcessID)
      #expect(sched_getscheduler(process) == ordinary)
    }
  }

  @Test("Its servers and its folder are gone after a throw and after a cancellation")
  func failure() async throws {
    struct Failure: Error {}
    let seen = Seen()
    await #expect(throws: Failure.self) {
      try await Sandbox.withServers { sandbox in
        await seen.note(sandbox)
        throw Failure()
      }
    }
    await seen.expectGone()
    let task = Task {
      try await Sandbox.withServers { sandbox in
        await seen.note(sandbox)
        try await Task.sleep(for: .seconds(3600))
      }
    }
    #expect(try await waitUntil { await seen.process != nil })
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    await seen.expectGone()
  }

  @Test("A sandbox that was started is gone when its last reference is")
  func lastReference() async throws {
    let seen = Seen()
    do {
      let sandbox = try await Sandbox.start()
      await seen.note(sandbox)
    }
    let folder = try #require(await seen.folder)
    #expect(try await waitUntil { !exists(folder) })
    await seen.expectGone()
  }

  @Test("It is ready soon, and sooner with a template")
  func readiness() async throws {
    try await withFolder { cache in
      for round in ["first", "second", "third"] {
        let start = ContinuousClock.now
        try await Sandbox.withServers(Sandbox.Options(redis: true, cacheFolder: cache + "/muddled"))
        {
          sandbox in
          let ready = ContinuousClock.now - start
          print("sandbox ready, \(round) time: \(ready)")
          let answer = try await sandbox.query("SELECT 1")
          #expect(answer == "1\n")
        }
        print("sandbox start and stop, \(round) time: \(ContinuousClock.now - start)")
      }
    }
  }

  @Test("Two at once do not see each other")
  func twoAtOnce() async throws {
    try await withFolder { cache in
      // Without a template at first, so that both build it.
      let options = Sandbox.Options(redis: true, cacheFolder: cache)
      async let first = Sandbox.start(options)
      async let second = Sandbox.start(options)
      let (one, two) = try await (first, second)
      _ = try await one.query("CREATE TABLE client_test.only_here (id INT)")
      #expect(try await two.query("SHOW TABLES IN client_test") == "")
      #expect(one.folder != two.folder)
      #expect(one.mariaDBPort != two.mariaDBPort)
      await one.stop()
      #expect(try await two.query("SELECT 1") == "1\n")
      await two.stop()
    }
  }
}

/// Remembers a sandbox's folder and server.
private actor Seen {
  var folder: String?
  var process: Int32?

  func note(_ sandbox: Sandbox) async {
    folder = sandbox.folder
    process = await sandbox.mariaDBProcessID
  }

  func expectGone(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(folder != nil && process != nil, sourceLocation: sourceLocation)
    #expect(!exists(folder ?? "/"), sourceLocation: sourceLocation)
    #expect(!isAlive(process ?? 1), sourceLocation: sourceLocation)
    (folder, process) = (nil, nil)
  }
}
