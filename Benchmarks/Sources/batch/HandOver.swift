import Foundation
import MuddledCore
import MuddledMariaDB
import MuddledRedis
import MuddledSandbox
import MuddledSharedMemory
import Yardstick

#if NATS
  import MuddledNATS
#endif

/// How two processes pass a turn to and fro, each in its own process: `batch peer WAY ROLE FOLDER ID`.
enum Peer {
  /// Hand-overs before the clock starts, and how many are timed.
  static let warmUp: UInt64 = 200
  static let counted: UInt64 = 2000

  /// Runs one of the two processes; the first one prints microseconds for one hand-over.
  static func run(_ arguments: [String]) async throws {
    guard arguments.count == 4, let role = UInt64(arguments[1]) else {
      fatalError("not for people")
    }
    let (folder, id) = (arguments[2], arguments[3])
    var began = ContinuousClock.now
    func note(_ position: UInt64) { if position == warmUp { began = .now } }
    switch arguments[0] {
    case "plain-db":
      let connection = PlainMariaDB(socket: folder + "/mariadb.sock", database: "client_test")
      let (end, table) = (warmUp + counted, "plain_\(id)")
      for position in 0..<end {
        note(position)
        if position % 2 == role {
          connection.run("INSERT INTO \(table) VALUES (\(position), 'x')")
        } else {
          while connection.run("SELECT record FROM \(table) WHERE position = \(position)").isEmpty {
          }
        }
      }
    case "plain-redis":
      let connection = PlainRedis(socket: folder + "/redis.sock")
      for position in 0..<(warmUp + counted) {
        note(position)
        if position % 2 == role {
          connection.run("XADD", id, "\(position + 1)-0", "r", "x")
        } else {
          connection.run("XREAD", "BLOCK", "0", "STREAMS", id, "\(position)-0")
        }
      }
    #if NATS
      case "plain-nats":
        var connection = PlainNATS(url: folder, stream: id)
        for position in 0..<(warmUp + counted) {
          note(position)
          if position % 2 == role {
            connection.publish()
          } else {
            connection.receive(upTo: position + 1)
          }
        }
    #endif
    case "plain-futex":
      let futex = PlainFutex(file: folder + "/futex-" + id)
      for position in 0..<UInt32(warmUp + counted) {
        note(UInt64(position))
        if UInt64(position) % 2 == role {
          futex.set(position + 1)
        } else {
          futex.wait(for: position + 1)
        }
      }
    case "nats", "db", "redis", "shared-memory":
      let loop = EventLoop(isWatchful: true)
      let coordinator = try await coordinator(arguments[0], folder, id, on: loop)
      began = try await withTaskExecutorPreference(loop) {
        try await pass(over: coordinator, as: role)
      }
    default: fatalError("no way \(arguments[0])")
    }
    let time = (ContinuousClock.now - began).components
    if role == 0 {
      print((Double(time.seconds) * 1e6 + Double(time.attoseconds) / 1e12) / Double(counted))
    }
  }
}

/// Passes the turn as a node of a batch does, on the coordinator's thread, and returns when the clock started.
private func pass(
  over coordinator: any Coordinator, as role: UInt64
) async throws -> ContinuousClock.Instant {
  var began = ContinuousClock.now
  for position in 0..<(Peer.warmUp + Peer.counted) {
    if position == Peer.warmUp { began = .now }
    if position % 2 == role {
      _ = try await coordinator.append([0], at: position)
    } else {
      while try await coordinator.records(from: position, waitingAtMost: .seconds(5)).isEmpty {}
    }
  }
  await coordinator.close()
  return began
}

/// The coordinator on a store; the folder of NATS is its URL.
private func coordinator(
  _ way: String, _ folder: String, _ batch: String, on loop: EventLoop
) async throws -> any Coordinator {
  switch way {
  case "db":
    return try await DatabaseCoordinator(
      MariaDBDSN("root@unix(\(folder)/mariadb.sock)/client_test"), batch: batch, on: loop)
  case "redis":
    return try RedisCoordinator(url: RedisURL("unix:\(folder)/redis.sock"), batch: batch, on: loop)
  case "shared-memory":
    return try await SharedMemoryCoordinator(name: "benchmark", batch: batch, on: loop)
  default:
    #if NATS
      return QueueCoordinator(
        try NATSQueue(url: NATSURL(folder), batch: batch, on: loop), on: loop)
    #else
      fatalError("no way \(way)")
    #endif
  }
}

/// Section `handover`: what it costs to pass the turn, beside a bare ping-pong over the same store.
func measureHandOver(_ servers: Sandbox, rounds: Int, _ verdicts: inout Verdicts) throws {
  let database = PlainMariaDB(socket: servers.mariaDBSocket, database: servers.options.database)
  var times: [String: [Double]] = [:]
  var ways: [(way: String, of: String?)] = [
    ("plain-db", nil), ("db", "plain-db"), ("plain-redis", nil), ("redis", "plain-redis"),
    ("plain-futex", nil), ("shared-memory", "plain-futex"),
  ]
  if servers.options.nats { ways += [("plain-nats", nil), ("nats", "plain-nats")] }
  for _ in 0..<rounds {
    for (way, _) in ways {
      let id = "\(UInt64.random(in: 0 ... .max))"
      if way == "plain-db" {
        database.run("CREATE TABLE plain_\(id) (position INT PRIMARY KEY, record VARBINARY(9))")
      }
      let place = way.hasSuffix("nats") ? servers.natsURL : servers.folder
      times[way, default: []].append(try pass(way, place, id))
      if way == "plain-db" { database.run("DROP TABLE plain_\(id)") }
    }
  }
  print("\nhand-over between two processes, median of \(rounds) rounds (load \(load()))")
  for (way, _) in ways { print("  \(column(way, 14)) \(text(median(times[way] ?? []))) us") }
  for case (let way, let of?) in ways {
    let ratio = median(times[way] ?? []) / median(times[of] ?? [])
    verdicts.expect("\(way) to \(of)", ratio, atMost: way == "db" ? 3 : 2, unit: "x")
  }
}

private func pass(_ way: String, _ folder: String, _ id: String) throws -> Double {
  let output = Pipe()
  let peers = try [0, 1].map { role in
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["peer", way, "\(role)", folder, id]
    if role == 0 { process.standardOutput = output }
    try process.run()
    return process
  }
  let data = output.fileHandleForReading.readDataToEndOfFile()
  for peer in peers { peer.waitUntilExit() }
  guard let time = Double(String(decoding: data, as: UTF8.self).dropLast()) else {
    fatalError("a peer failed")
  }
  return time
}
