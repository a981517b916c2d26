import Foundation
import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

@Suite(
  "The same by hand, in clients of the server's own", .serialized, .timeLimit(.minutes(20)),
  .sandbox(Exploring.servers))
struct HandTests {
  @Test(
    "Orders of every example, typed into `mariadb` clients, give the results that were reported")
  func examples() async throws {
    for name in try ExampleScenarios.names() {
      let scenario = try await ExampleScenarios.scenario(name)
      let count = try scenario.orderSpace().count
      let (summary, orders, _) = try await Exploring.run(scenario) {
        $0.selection = .sample(count: min(8, Int(count)), seed: 7)
      }
      #expect(summary.tally.ordersRun == UInt128(orders.count))
      for order in orders { try await repeatByHand(order, of: scenario) }
    }
  }

  private func repeatByHand(_ order: Execution, of scenario: Scenario) async throws {
    _ = try await Exploring.rows("CREATE DATABASE by_hand")
    let folder = try Sandbox.ofTest.folder
    let root = try HandClient(database: "by_hand", file: folder + "/hand.root")
    for statement in scenario.setup.flatMap(\.statements) {
      try root.type(statement.text)
      #expect(try await root.printed() == [])
    }
    let clients = try scenario.sessions.indices.map {
      try HandClient(database: "by_hand", file: folder + "/hand.\($0)")
    }
    for (client, session) in scenario.sessions.enumerated() {
      for statement in session.setup?.statements ?? [] {
        try clients[client].type(statement.text)
        #expect(try await clients[client].printed() == [])
      }
    }
    for (index, step) in order.steps.enumerated() {
      try clients[step.client].type(
        step.sql.trimmingCharacters(in: CharacterSet(charactersIn: "; \n")))
      let waiting = order.steps[...index].count { $0.settledAfter > index }
      try await untilWaiting(waiting)
      for answered in order.steps[...index] where answered.settledAfter == index {
        let printed = try await clients[answered.client].printed()
        #expect(
          printed == answered.results.asPrinted,
          "\(scenario.name), order \(order.rank), \(answered.sql)")
      }
    }
    // A client that leaves rolls back what is open.
    for client in clients { client.end() }
    for check in order.checks {
      try root.type(check.sql)
      #expect(
        try await root.printed() == check.results.asPrinted,
        "\(scenario.name), order \(order.rank), \(check.sql)")
    }
    root.end()
    _ = try await Exploring.rows("DROP DATABASE by_hand")
  }

  /// Waits until the server counts so many waits for locks; typing goes on only then.
  private func untilWaiting(_ count: Int) async throws {
    guard count > 0 else { return }
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      let rows = try await Exploring.rows(
        "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS "
          + "WHERE VARIABLE_NAME = 'Innodb_row_lock_current_waits'")
      let listed = try await Exploring.rows(
        "SELECT ID FROM information_schema.PROCESSLIST "
          + "WHERE STATE LIKE 'Waiting for % lock' OR STATE = 'User lock'")
      if (Int(rows.first?.first ?? "") ?? 0) + listed.count >= count { return }
    }
    Issue.record("the server never counted \(count) waits")
  }
}
