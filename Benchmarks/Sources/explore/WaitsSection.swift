import MuddledCore
import MuddledSandbox
import Synchronization
import Yardstick

/// Section `waits`: how soon a lock wait is known, and whether exactly those are found that there are.
func measureWaits(_ servers: Sandbox, _ verdicts: inout Verdicts) async throws {
  let change = "UPDATE account SET balance = balance + 10 WHERE id = 1"
  let clients = [["BEGIN", change, "COMMIT"], ["BEGIN", change, "COMMIT"]]
  let orders = allOrders(clients)
  let expected = orders.map(blockedClient)
  let perPass = expected.count { $0 != nil }
  let passes = (10_000 + perPass - 1) / perPass
  let scenario = accounts(clients, reset: ["REPLACE INTO account VALUES (1, 100), (2, 200)"])
    .repeating(orders, times: passes)
  for lanes in [1, 4] {
    let found = Mutex(Found())
    _ = try await explore(scenario, on: servers, lanes: lanes) { execution in
      found.withLock { $0.take(execution, expected[(execution.permutation ?? 0) % orders.count]) }
    }
    let result = found.withLock { $0 }
    print(
      "\n\(perPass * passes) lock waits in \(result.orders) orders,",
      "\(lanes == 1 ? "1 lane" : "\(lanes) lanes") (load \(load()))")
    verdicts.expect("waits missed", Double(result.missed), atMost: 0)
    verdicts.expect("waits invented", Double(result.invented), atMost: 0)
    let unknown = result.seen - result.latencies.count
    verdicts.expect("waits without a latency", Double(unknown), atMost: 0)
    guard !result.latencies.isEmpty else { continue }
    let milliseconds = result.latencies.map { $0 / 1e3 }
    let (middle, late) = (median(milliseconds), percentile(99, of: milliseconds))
    if lanes == 1 {
      verdicts.expect("known after, median", middle, atMost: 1, unit: " ms", decimals: 2)
      verdicts.expect("known after, 99th percentile", late, atMost: 5, unit: " ms", decimals: 2)
    } else {
      print(
        "       known after, median: \(text(middle, 2)) ms, 99th percentile: \(text(late, 2)) ms")
    }
    print(
      "       from \(text(milliseconds.min() ?? 0, 2)) to \(text(milliseconds.max() ?? 0, 2)) ms")
  }
}

/// Which of the two clients waits in an order of `BEGIN`, `UPDATE` and `COMMIT` on one row: the one whose `UPDATE` comes
/// between the other's `UPDATE` and `COMMIT`.
private func blockedClient(in order: [UInt8]) -> Int? {
  let places = [0, 1].map { client in order.indices.filter { order[$0] == client } }
  return [0, 1].first { client in
    let (own, other) = (places[client], places[1 - client])
    return own[1] > other[1] && own[1] < other[2]
  }
}

/// What was found in all orders together.
private struct Found {
  var orders = 0
  var seen = 0
  var missed = 0
  var invented = 0
  /// Microseconds from dispatch until the wait was known.
  var latencies: [Double] = []

  mutating func take(_ execution: Execution, _ expected: Int?) {
    orders += 1
    for step in execution.steps {
      let must = step.client == expected && step.step == 1
      if must, !step.wasBlocked { missed += 1 }
      if step.wasBlocked, !must { invented += 1 }
      if step.wasBlocked { seen += 1 }
      if let wait = step.wait { latencies.append(Double(wait.foundMicroseconds)) }
    }
  }
}
