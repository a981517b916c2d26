import MuddledCore
import MuddledSandbox
import Yardstick

/// Section `contention`: transactions on one row, which wait for each other in most orders.
func measureContention(_ servers: Sandbox, rounds: Int, _ verdicts: inout Verdicts) async throws {
  let reset = ["REPLACE INTO account VALUES (1, 100), (2, 200)"]
  let two = accounts(Array(repeating: update(of: 1), count: 2), reset: reset)
  let three = accounts(Array(repeating: update(of: 1), count: 3), reset: reset)
  var times: [Double] = []
  for _ in 0..<rounds {
    times.append(try await explore(two, on: servers, lanes: 1).duration.inMilliseconds)
  }
  print("\n2 x BEGIN SELECT UPDATE COMMIT on one row, median of \(rounds) rounds (load \(load()))")
  verdicts.expect("70 orders, 1 lane", median(times), atMost: 500, unit: " ms")
  print("\n3 x BEGIN SELECT UPDATE COMMIT on one row, 4 lanes, once (load \(load()))")
  for (name, isDistinct, limit) in [("34650 orders", false, 60.0), ("--distinct", true, 3)] {
    let summary = try await explore(three, on: servers, lanes: 4, isDistinct: isDistinct)
    let seconds = summary.duration.inMilliseconds / 1e3
    verdicts.expect(name, seconds, atMost: limit, unit: " s", decimals: 2)
    print(
      "       \(summary.tally.executions) orders run, \(summary.executions) executions,",
      "\(summary.tally.lockWaits) lock waits, \(summary.tally.deferredOrders) deferred,",
      "\(summary.tally.outcomes.count) outcomes")
  }
}
