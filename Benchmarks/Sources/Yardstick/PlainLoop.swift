import Foundation
import MuddledCore

/// What a plain loop does, in one process: one connection a client, nothing in between.
package struct PlainLoop: Sendable {
  /// For each client, its statements.
  package var clients: [[String]]
  /// Statements before each order, on a connection of their own.
  package var reset: [String] = []
  /// Queries after each order, on the connection of the reset.
  package var checks: [String] = []
  /// Whether the sessions are brought back to their first state after each order.
  package var resetsSessions = false

  /// Makes a loop that runs the clients' statements alone.
  package init(_ clients: [[String]]) { self.clients = clients }

  /// Runs orders, one after the other on each lane, by blocking calls on one thread a lane.
  ///
  /// - Parameters:
  ///   - orders: the sequence of clients of each order; lane `n` of `m` runs every `m`th of them.
  ///   - socket: the server's unix socket.
  ///   - databases: the database of each lane.
  /// - Returns: microseconds for all orders, connecting left out.
  package func run(_ orders: [[UInt8]], on socket: String, databases: [String]) -> Double {
    let lanes = databases.map { PlainLane(self, socket: socket, database: $0) }
    guard lanes.count > 1 else {
      return microseconds { for order in orders { lanes[0].run(order) } }
    }
    return microseconds {
      let group = DispatchGroup()
      for (number, lane) in lanes.enumerated() {
        group.enter()
        Thread {
          for index in stride(from: number, to: orders.count, by: lanes.count) {
            lane.run(orders[index])
          }
          group.leave()
        }.start()
      }
      group.wait()
    }
  }
}

/// The connections of one lane.
// Only one thread at a time uses it: the one that made it, and then the lane's own.
private final class PlainLane: @unchecked Sendable {
  /// Lets connections stand in an array.
  private final class Session {
    let connection: PlainMariaDB

    init(_ socket: String, _ database: String) {
      connection = PlainMariaDB(socket: socket, database: database)
    }
  }

  private let loop: PlainLoop
  private let sessions: [Session]
  private let control: Session

  init(_ loop: PlainLoop, socket: String, database: String) {
    self.loop = loop
    sessions = loop.clients.map { _ in Session(socket, database) }
    control = Session(socket, database)
  }

  func run(_ order: [UInt8]) {
    for sql in loop.reset { control.connection.run(sql) }
    var next = loop.clients.map { _ in 0 }
    for slot in order {
      let client = Int(slot)
      sessions[client].connection.run(loop.clients[client][next[client]])
      next[client] += 1
    }
    if loop.resetsSessions { for session in sessions { session.connection.reset() } }
    for query in loop.checks { control.connection.run(query) }
  }
}

/// Every order of the clients' statements, in the sequence of the ranks.
package func allOrders(_ clients: [[String]]) -> [[UInt8]] {
  guard let space = try? OrderSpace(stepCounts: clients.map(\.count)) else {
    fatalError("too many orders")
  }
  return space.orders.map(\.slots)
}
