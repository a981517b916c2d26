import Glibc
import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

@testable import MuddledMariaDB

@Suite(
  "DatabaseCoordinator on a real server", .timeLimit(.minutes(20)), .serialized,
  .mariaDB("--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "--autocommit=0"))
struct DatabaseCoordinatorTests {
  @Test(
    "A trim of more records than one statement deletes is exact, and their positions stay taken")
  func trim() async throws {
    let log = try await testCoordinator("trim")
    for position in 0..<1200 {
      #expect(try await log.append([UInt8(position % 256)], at: UInt64(position)) == .appended)
    }
    try await log.trim(before: 1100)
    try await log.trim(before: 5)
    let left = try await log.records(from: 0, waitingAtMost: .zero)
    #expect(left.map(\.position) == Array(1100..<1200))
    #expect(try await log.append([9], at: 1099) == .taken)
    try await log.trim(before: 1200)
    #expect(try await log.records(from: 0, waitingAtMost: .zero).isEmpty)
    #expect(try await log.append([9], at: 0) == .taken)
    #expect(try await log.append([9], at: 1199) == .taken)
    #expect(try await log.append([9], at: 1200) == .appended)
    await log.close()
  }

  @Test("An append after records that the table has lost is refused, in a sentence with the batch")
  func lostRecords() async throws {
    let log = try await testCoordinator("lost")
    for position in 0..<3 as Range<UInt64> {
      #expect(try await log.append([1], at: position) == .appended)
    }
    let database = try await testDatabase()
    _ = try await database.run([
      "DELETE FROM muddled_log WHERE batch = 'lost' AND `position` = 2", "COMMIT",
    ])
    await database.close()
    // What a connection has seen is not looked for again; a server loses data only between two of them.
    try await log.tables.connection.perform { connection, isRepeated in
      if !isRepeated {
        await connection.close()
        throw SessionLost("for the test")
      }
    }
    let error = await #expect(throws: MuddledError.self) { try await log.append([1], at: 3) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("the whole log of batch \"lost\"") == true)
    #expect(try await log.append([1], at: 2) == .appended)
    await log.close()
  }

  @Test("Connections that break in mid-append lose no record and store none twice")
  func brokenConnections() async throws {
    let log = try await testCoordinator("broken")
    let killer = try await testDatabase()
    let stop = Task {
      while !Task.isCancelled {
        let found = try await killer.run([
          "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = 'root'"
        ])
        for row in rows(found[0]) {
          guard case .number(let id) = row[0] else { continue }
          _ = try await killer.run(["KILL CONNECTION \(id)"])
        }
        try? await Task.sleep(for: .milliseconds(3))
      }
    }
    for position in 0..<300 {
      #expect(try await log.append(Array("\(position)".utf8), at: UInt64(position)) == .appended)
    }
    stop.cancel()
    try await stop.value
    var read: [LogRecord] = []
    while read.count < 300 {
      read += try await log.records(from: UInt64(read.count), waitingAtMost: .zero)
    }
    #expect(read.map { String(decoding: $0.bytes, as: UTF8.self) } == (0..<300).map(String.init))
    await log.close()
    await killer.close()
  }

  @Test("A restarted server is found again; one that stays away is unavailable within the bound")
  func restart() async throws {
    let log = try await testCoordinator("restart")
    #expect(try await log.append([1], at: 0) == .appended)
    async let found = log.records(from: 1, waitingAtMost: .seconds(30))
    let sandbox = try Sandbox.ofTest
    await sandbox.stopMariaDB()
    try await sandbox.startMariaDB()
    #expect(try await log.append([2], at: 1) == .appended)
    #expect(try await found == [LogRecord(position: 1, bytes: [2])])
    await log.close()

    var options = DatabaseCoordinator.Options()
    options.reconnectTimeout = .milliseconds(300)
    let short = try await testCoordinator("restart", options: options)
    await sandbox.killMariaDB()
    let start = ContinuousClock.now
    let error = await #expect(throws: MuddledError.self) { try await short.append([3], at: 2) }
    #expect(error?.code == .unavailable)
    #expect(ContinuousClock.now - start < .seconds(10))
    await short.close()
    try await sandbox.startMariaDB()
  }

  @Test("A server that stops answering is unavailable after the reply time-out")
  func frozen() async throws {
    var options = DatabaseCoordinator.Options()
    options.reconnectTimeout = .milliseconds(300)
    options.replyTimeout = .seconds(1)
    let log = try await testCoordinator("frozen", options: options) {
      $0.connectTimeout = .seconds(1)
    }
    let server = try #require(await Sandbox.ofTest.mariaDBProcessID)
    try await freeze(server)
    let error = await #expect(throws: MuddledError.self) { try await log.append([3], at: 0) }
    kill(server, SIGCONT)
    #expect(error?.code == .unavailable)
    await log.close()
  }

  @Test("Nodes that start at once make the tables together")
  func creation() async throws {
    let database = try await testDatabase()
    for _ in 0..<5 {
      _ = try await database.run(["DROP DATABASE u", "CREATE DATABASE u"])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for node in 0..<6 {
          group.addTask {
            let log = try await testCoordinator("new") { $0.database = "u" }
            _ = try await log.renewLease(of: "\(node)")
            await log.close()
          }
        }
        try await group.waitForAll()
      }
    }
    await database.close()
  }

  @Test("An account that may not create tables uses those it finds, and else says what is missing")
  func rights() async throws {
    let database = try await testDatabase()
    _ = try await database.run([
      "DROP DATABASE u", "CREATE DATABASE u", "CREATE OR REPLACE USER small",
      "GRANT SELECT, INSERT, UPDATE, DELETE ON u.* TO small",
    ])
    let error = await #expect(throws: MuddledError.self) {
      _ = try await testCoordinator("small") {
        $0.database = "u"
        $0.user = "small"
      }
    }
    #expect(error?.code == .configuration)
    #expect(error?.message.contains("muddled_batch") == true, "\(error?.message ?? "")")
    await (try await testCoordinator("small") { $0.database = "u" }).close()
    let log = try await testCoordinator("small") {
      $0.database = "u"
      $0.user = "small"
    }
    #expect(try await log.append([1], at: 0) == .appended)
    _ = try await log.renewLease(of: "x")
    try await log.trim(before: 1)
    await log.close()
    await database.close()
    let nowhere = await #expect(throws: MuddledError.self) {
      _ = try await testCoordinator("small") { $0.database = "" }
    }
    #expect(nowhere?.code == .configuration)
  }

  @Test("A batch unused for a week is forgotten by the next one, a younger one is not")
  func stale() async throws {
    for batch in ["old", "leased", "young"] {
      let log = try await testCoordinator(batch)
      #expect(try await log.append([1], at: 0) == .appended)
      if batch != "young" {
        let database = try await testDatabase()
        _ = try await database.run([
          "UPDATE muddled_batch SET used = used - INTERVAL 8 DAY WHERE batch = '\(batch)'",
          "UPDATE muddled_log SET written = written - INTERVAL 8 DAY WHERE batch = '\(batch)'",
        ])
        await database.close()
      }
      if batch == "leased" { _ = try await log.renewLease(of: "x") }
      await log.close()
    }
    await (try await testCoordinator("next")).close()
    let database = try await testDatabase()
    let left = try await database.run([
      "SELECT CAST(batch AS CHAR) FROM muddled_log WHERE batch IN ('old', 'leased', 'young') ORDER BY 1",
      "SELECT CAST(batch AS CHAR) FROM muddled_batch WHERE batch IN ('old', 'leased', 'young') ORDER BY 1",
    ])
    #expect(rows(left[0]) == [[.text("leased")], [.text("young")]])
    #expect(rows(left[1]) == [[.text("leased")], [.text("young")]])
    await database.close()
  }

  @Test("Waiting for 10 s costs at most 200 questions, however the wait is cut up")
  func idle() async throws {
    let log = try await testCoordinator("idle")
    let database = try await testDatabase()
    func questions() async throws -> Int {
      let found = rows(try await database.run(["SHOW GLOBAL STATUS LIKE 'Questions'"])[0])
      guard case .text(let digits) = found[0][1] else { return 0 }
      return Int(digits) ?? 0
    }
    let before = try await questions()
    for _ in 0..<10 {
      #expect(try await log.records(from: 0, waitingAtMost: .seconds(1)).isEmpty)
    }
    let asked = try await questions() - before
    #expect(asked <= 200 && asked > 50, "\(asked) questions")
    await log.close()
    await database.close()
  }
}
