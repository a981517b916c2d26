import Foundation
import MuddledSandbox
import Yardstick

/// Section `idle`: what a node asks of the servers while it waits 10 s for its partner.
func measureIdling(_ program: String, _ servers: Sandbox, _ verdicts: inout Verdicts) throws {
  print("\nqueries of a node that waits 10 s for its partner (load \(load()))")
  for kind in Kind.allCases {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let batch = Batch(
      program: program, servers: servers, kind: kind, clients: [["SELECT 1"], ["SELECT 1"]])
    let process = try batch.start(0, "idle-\(UInt64.random(in: 0 ... .max))", in: folder)
    sleep(2)
    let before = Asked(servers)
    sleep(10)
    let after = Asked(servers)
    process.interrupt()
    process.waitUntilExit()
    // The looks themselves are counted as well.
    verdicts.expect(
      "\(kind.rawValue) on MariaDB", Double(after.database - before.database - 1), atMost: 200)
    verdicts.expect(
      "\(kind.rawValue) on Redis", Double(after.redis - before.redis - 1), atMost: 200)
  }
}

/// How much the servers have been asked since they were started.
private struct Asked {
  let database: Int
  let redis: Int

  init(_ servers: Sandbox) {
    database = PlainMariaDB(socket: servers.mariaDBSocket, database: servers.options.database)
      .number("SHOW GLOBAL STATUS LIKE 'Questions'", column: 1)
    let lines = PlainRedis(socket: servers.redisSocket).run("INFO", "commandstats").text
    redis = lines.split(whereSeparator: \.isNewline).reduce(0) { sum, line in
      let calls = line.split(separator: ":calls=").dropFirst().first?.prefix { $0 != "," }
      return sum + (calls.flatMap { Int($0) } ?? 0)
    }
  }
}
