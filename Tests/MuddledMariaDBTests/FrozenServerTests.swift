import Glibc
import MuddledCore
import MuddledMariaDB
import MuddledSandbox
import MuddledTestKit
import Testing

@Suite("A frozen server", .timeLimit(.minutes(20)), .inTurn)
struct FrozenServerTests {
  @Test("Questions and statements outside the clients end after their limits")
  func limits() async throws {
    try await Sandbox.withServers { sandbox in
      var options = MariaDBDatabase.Options()
      options.controlTimeout = .milliseconds(200)
      var dsn = try MariaDBDSN(sandbox.mariaDBDSN())
      dsn.connectTimeout = .seconds(1)
      let database = MariaDBDatabase(dsn, options: options)
      let session = try await database.openSession()
      let ids = [session.connectionID]
      #expect(try await database.lockWaits(among: ids) == .waiting([]))
      // A slow statement is not a frozen server, as long as its own limit allows it.
      _ = try await database.run(["DO SLEEP(0.5)"], limit: .seconds(10))
      await #expect(throws: MuddledError.self) {
        _ = try await database.run(["DO SLEEP(30)"], limit: .milliseconds(200))
      }
      let server = try #require(await sandbox.mariaDBProcessID)
      try await freeze(server)
      defer { kill(server, SIGCONT) }
      let failure = await #expect(throws: MuddledError.self) {
        _ = try await database.lockWaits(among: ids)
      }
      #expect(failure?.code == .unavailable)
      kill(server, SIGCONT)
      await session.close()
      await database.close()
    }
  }

  @Test("A session that was seen before the server started is somebody else's by now")
  func restarted() async throws {
    try await Sandbox.withServers { sandbox in
      let database = MariaDBDatabase(try MariaDBDSN(sandbox.mariaDBDSN()))
      let stranger = try await database.openSession()
      try await database.endSession(stranger.connectionID, seenAgo: .seconds(3600))
      guard case .rows? = try await stranger.execute("SELECT 1").first else {
        Issue.record("the session is gone")
        return
      }
      try await Task.sleep(for: .seconds(4))
      try await database.endSession(stranger.connectionID, seenAgo: .milliseconds(1))
      await #expect(throws: SessionLost.self) { try await stranger.execute("SELECT 1") }
      await stranger.close()
      await database.close()
    }
  }
}
