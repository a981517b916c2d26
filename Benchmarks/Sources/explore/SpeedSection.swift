import MuddledCore
import MuddledSandbox
import Synchronization
import Yardstick

/// Section `speed`: two clients of four steps, each on its own row, beside the plain loop.
func measureSpeed(_ servers: Sandbox, rounds: Int, _ verdicts: inout Verdicts) async throws {
  let clients = [update(of: 1), update(of: 2)]
  let reset = ["DELETE FROM account", "INSERT INTO account VALUES (1, 100), (2, 200)"]
  let orders = allOrders(clients)
  var bare = PlainLoop(clients)
  bare.reset = reset
  bare.checks = [accountCheck]
  var resetting = bare
  resetting.resetsSessions = true
  for lanes in [1, 4] {
    // Seconds, as the server begins to purge what was deleted only after one: whoever is measured pays for that then.
    let times = 50 * lanes
    let databases = makePlainDatabases(lanes, on: servers)
    let scenario = accounts(clients, reset: reset).repeating(orders, times: times + 1)
    let repeated = Array(repeatElement(orders, count: times).joined())
    var (plain, plainResetting, explored): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<rounds {
      plain.append(bare.run(repeated, on: servers.mariaDBSocket, databases: databases))
      plainResetting.append(
        resetting.run(repeated, on: servers.mariaDBSocket, databases: databases))
      explored.append(
        try await timeAfterFirst(orders.count, of: scenario, on: servers, lanes: lanes))
    }
    dropPlainDatabases(databases, on: servers)
    let count = Double(repeated.count)
    print(
      "\n2 x 4 steps without contention, \(lanes == 1 ? "1 lane" : "\(lanes) lanes"),",
      "\(repeated.count) orders, median of \(rounds) rounds (load \(load()))")
    for (name, figures) in [
      ("plain loop", plain), ("plain loop with session resets", plainResetting),
      ("explore", explored),
    ] {
      let time = median(figures)
      print(
        "  \(column(name, 32)) \(text(time / count)) us an order, \(text(count / time * 1e6, 0)) orders/s,",
        "rounds from \(text((figures.min() ?? 0) / count)) to \(text((figures.max() ?? 0) / count))"
      )
    }
    print(
      "  speed to plain loop with session resets:",
      text(median(plainResetting) / median(explored), 2))
    verdicts.expect("speed to plain loop", median(plain) / median(explored), atLeast: 0.8)
  }
}

/// Microseconds that an exploration takes from its `first`th order to its last: what making the lanes costs is
/// left out, as it is for the plain loop.
private func timeAfterFirst(
  _ first: Int, of scenario: Scenario, on servers: Sandbox, lanes: Int
) async throws -> Double {
  let clock = Mutex((count: 0, began: ContinuousClock.now, ended: ContinuousClock.now))
  _ = try await explore(scenario, on: servers, lanes: lanes) { _ in
    clock.withLock {
      $0.count += 1
      if $0.count == first { $0.began = .now }
      $0.ended = .now
    }
  }
  return clock.withLock { ($0.ended - $0.began).inMilliseconds * 1e3 }
}

private func makePlainDatabases(_ count: Int, on servers: Sandbox) -> [String] {
  (1...count).map { number in
    let name = "plain_\(number)"
    PlainMariaDB(socket: servers.mariaDBSocket, database: servers.options.database)
      .run("CREATE DATABASE \(name)")
    let connection = PlainMariaDB(socket: servers.mariaDBSocket, database: name)
    for sql in accountTable { connection.run(sql) }
    return name
  }
}

private func dropPlainDatabases(_ names: [String], on servers: Sandbox) {
  let connection = PlainMariaDB(
    socket: servers.mariaDBSocket, database: servers.options.database)
  for name in names { connection.run("DROP DATABASE \(name)") }
}
