import Foundation
import MuddledSandbox
import Yardstick

/// Section `storage`: two clients of eight statements, 12,870 orders; memory and stored bytes all the while.
func measureStorage(_ program: String, _ servers: Sandbox, _ verdicts: inout Verdicts) throws {
  let plain = (1...8).map { "SELECT \($0)" }
  let rows = (1...8).map { "SELECT *, REPEAT('x', \($0)) FROM test" }
  for (name, statements) in [("SELECT 1 to SELECT 8", plain), ("rows of a table", rows)] {
    for kind in Kind.allCases {
      let clients = [statements, statements]
      let batch = Batch(program: program, servers: servers, kind: kind, clients: clients)
      let store = Store(kind, servers)
      var most = Stored()
      var lastSample = ContinuousClock.now - .seconds(1)
      let outcome = try batch.run {
        guard ContinuousClock.now - lastSample >= .milliseconds(100) else { return }
        lastSample = .now
        most.take(store.sample())
      }
      print("\n\(outcome.orders) orders, \(name), \(kind.rawValue) (load \(load()))")
      print("  \(text(Double(outcome.orders) / outcome.microseconds * 1e6, 0)) orders/s")
      let memory = Double(outcome.peakKilobytes.max() ?? 0) / 1024
      verdicts.expect("memory of a process", memory, atMost: 64, unit: " MB")
      for (what, bytes) in most.bytes.sorted(by: { $0.key < $1.key }) {
        verdicts.expect(what, Double(bytes) / 1_048_576, atMost: 5, unit: " MB")
      }
    }
  }
}

/// Bytes that a coordinator holds in its store, by where they were counted.
private struct Stored {
  var bytes: [String: Int] = [:]

  mutating func take(_ sample: Stored) {
    bytes.merge(sample.bytes, uniquingKeysWith: max)
  }
}

private final class Store {
  private let kind: Kind
  private let servers: Sandbox
  private let database: PlainMariaDB
  private let redis: PlainRedis
  private let usedBefore: Int

  init(_ kind: Kind, _ servers: Sandbox) {
    self.kind = kind
    self.servers = servers
    database = PlainMariaDB(socket: servers.mariaDBSocket, database: servers.options.database)
    redis = PlainRedis(socket: servers.redisSocket)
    usedBefore = Self.usedMemory(redis)
  }

  func sample() -> Stored {
    switch kind {
    case .db: Stored(bytes: ["data files": dataFiles(), "information_schema": tables()])
    case .redis:
      Stored(bytes: ["keys": keys(), "used_memory": Self.usedMemory(redis) - usedBefore])
    case .sharedMemory: Stored(bytes: ["blocks": blocks()])
    }
  }

  private func dataFiles() -> Int {
    let folder = servers.folder + "/data/" + servers.options.database
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix("muddled_") }.reduce(0) { sum, name in
      let file = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
      return sum + (file?[.size] as? Int ?? 0)
    }
  }

  private func tables() -> Int {
    database.number(
      "SELECT CAST(SUM(DATA_LENGTH + INDEX_LENGTH) AS INT) FROM information_schema.TABLES "
        + "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'muddled\\_%'")
  }

  private func blocks() -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/shm")) ?? []
    return names.filter { $0.contains("-\(meetingPlace)-") }.reduce(0) { sum, name in
      var status = stat()
      return stat("/dev/shm/" + name, &status) == 0 ? sum + Int(status.st_blocks) * 512 : sum
    }
  }

  private func keys() -> Int {
    redis.run("KEYS", "*").list.reduce(0) { sum, key in
      sum + redis.run("MEMORY", "USAGE", key.text, "SAMPLES", "0").number
    }
  }

  private static func usedMemory(_ redis: borrowing PlainRedis) -> Int {
    let lines = redis.run("INFO", "memory").text.split(whereSeparator: \.isNewline)
    let line = lines.first { $0.hasPrefix("used_memory:") }
    return line.flatMap { Int($0.dropFirst("used_memory:".count)) } ?? 0
  }
}
