import MuddledSandbox
import Yardstick

/// Section `speed`: the batch of 45 orders beside the plain loop.
func measureSpeed(_ program: String, _ servers: Sandbox, rounds: Int, _ verdicts: inout Verdicts)
  throws
{
  let rows = "select * from test limit 1"
  let row = "select * from test where test_id = 1234"
  let clients = [[rows, row], [rows, rows, rows, rows, row, row, row, row]]
  var plain: [Double] = []
  var times: [Kind: [Double]] = [:]
  for _ in 0..<rounds {
    plain.append(
      PlainLoop(clients).run(
        allOrders(clients), on: servers.mariaDBSocket, databases: [servers.options.database]))
    for kind in Kind.allCases {
      let batch = Batch(program: program, servers: servers, kind: kind, clients: clients)
      times[kind, default: []].append(try batch.run().microseconds)
    }
  }
  print("\n45 orders, 450 statements, median of \(rounds) rounds (load \(load()))")
  print("  plain loop    \(text(median(plain) / 1000)) ms")
  for kind in Kind.allCases {
    let time = median(times[kind] ?? [])
    print("  \(column(kind.rawValue, 13)) \(text(time / 1000)) ms")
    verdicts.expect("\(kind.rawValue) to plain loop", time / median(plain), atMost: 5, unit: "x")
  }
}

/// Section `contended`: transactions on one row, which wait for each other in most orders.
func measureContention(_ program: String, _ servers: Sandbox, rounds: Int) throws {
  let set = PlainMariaDB(socket: servers.mariaDBSocket, database: servers.options.database)
  set.run("CREATE TABLE IF NOT EXISTS account (id INT PRIMARY KEY, balance INT NOT NULL)")
  let reset = ["REPLACE INTO account VALUES (1, 100)"]
  let read = "SELECT balance FROM account WHERE id = 1"
  let add = "UPDATE account SET balance = balance + 10 WHERE id = 1"
  let scenarios: [(String, [[String]], Int)] = [
    (
      "2 x BEGIN SELECT UPDATE COMMIT",
      [["BEGIN", read, add, "COMMIT"], ["BEGIN", read, add, "COMMIT"]], rounds
    ),
    ("3 x BEGIN UPDATE COMMIT", .init(repeating: ["BEGIN", add, "COMMIT"], count: 3), 1),
  ]
  for (name, clients, rounds) in scenarios {
    let inTurn = clients.indices.flatMap { [UInt8](repeating: UInt8($0), count: clients[$0].count) }
    var plain: [Double] = []
    var outcomes: [Kind: [Batch.Outcome]] = [:]
    for _ in 0..<rounds {
      var loop = PlainLoop(clients)
      loop.reset = reset
      loop.resetsSessions = true
      plain.append(
        loop.run(
          Array(repeating: inTurn, count: 70), on: servers.mariaDBSocket,
          databases: [servers.options.database]) / 70)
      for kind in Kind.allCases {
        let batch = Batch(
          program: program, servers: servers, kind: kind, clients: clients, reset: reset)
        outcomes[kind, default: []].append(try batch.run())
      }
    }
    print("\n\(name), median of \(rounds) rounds (load \(load()))")
    print("  plain, one client after the other  \(text(median(plain) / 1000, 2)) ms an order")
    for kind in Kind.allCases {
      let all = outcomes[kind] ?? []
      let time = median(all.map { $0.microseconds / Double($0.orders) })
      print(
        "  \(column(kind.rawValue, 34)) \(text(time / 1000, 2)) ms an order, \(text(time / median(plain)))x,",
        "\(text(1e6 / time, 0)) orders/s, \(all[0].orders) orders, \(all[0].lockWaits) lock waits")
    }
  }
}
