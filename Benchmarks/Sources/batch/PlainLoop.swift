import MuddledCore
import MuddledSandbox

/// Runs the same orders in one process: one connection a client, nothing in between.
///
/// - Parameters:
///   - orders: the sequence of clients of each order.
///   - reset: statements before each order, on a connection of their own.
///   - resetsSessions: whether the sessions are brought back to their first state after each order.
/// - Returns: microseconds for all orders.
func plainLoop(
  _ clients: [[String]], orders: some Sequence<[UInt8]>, on servers: Sandbox,
  reset: [String] = [], resetsSessions: Bool = false
) -> Double {
  let sessions = clients.map { _ in Session(servers) }
  let control = Session(servers)
  return microseconds {
    for order in orders {
      for sql in reset { control.connection.run(sql) }
      var next = clients.map { _ in 0 }
      for slot in order {
        let client = Int(slot)
        sessions[client].connection.run(clients[client][next[client]])
        next[client] += 1
      }
      if resetsSessions { for session in sessions { session.connection.reset() } }
    }
  }
}

/// Lets connections stand in an array.
private final class Session {
  let connection: PlainMariaDB

  init(_ servers: Sandbox) {
    connection = PlainMariaDB(socket: servers.mariaDBSocket, database: servers.options.database)
  }
}

/// Every order of the clients' statements, in the sequence of the ranks.
func allOrders(_ clients: [[String]]) -> some Sequence<[UInt8]> {
  guard let space = try? OrderSpace(stepCounts: clients.map(\.count)) else {
    fatalError("too many orders")
  }
  return space.orders.lazy.map(\.slots)
}
