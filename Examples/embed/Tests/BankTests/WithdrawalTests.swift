import Bank
import MuddledCore
import MuddledMariaDB
import MuddledTestKit
import Testing

@Suite("Two withdrawals at the same time", .ownDatabase)
struct WithdrawalTests {
  /// Alice and Bob draw from the same account.
  static func scenario(_ withdrawal: (Int, Int) -> Withdrawal) -> Scenario {
    Scenario("withdrawals") {
      Setup(Withdrawal.table, "INSERT INTO account VALUES (1, 100)")
      Reset("REPLACE INTO account VALUES (1, 100)")
      Client("alice") { for statement in withdrawal(10, 1).statements { statement } }
      Client("bob") { for statement in withdrawal(20, 1).statements { statement } }
      Check("SELECT balance FROM account")
    }
  }

  @Test("Both count, in every order, if what is read is locked")
  func careful() async throws {
    try await expectOutcomes(
      ["(70)"], of: Self.scenario(Withdrawal.careful), on: .mariaDB(TestDatabase.current.dsn))
  }

  @Test("The careless withdrawal has the lost update that is planted in it")
  func careless() async throws {
    let server = try MariaDBDatabase.mariaDB(TestDatabase.current.dsn)
    let scenario = Self.scenario(Withdrawal.careless)

    // In a test of your own there is only this expectation, and it fails. Here it must fail.
    try await withKnownIssue("a lost update") {
      try await expectInvariant("both withdrawals count", of: scenario, on: server) { run in
        run.finalRows[0][0, "balance"].int == 70
      }
    }

    // The same by hand: explore, look at the outcomes, and print an order that gives a wrong one.
    let report = try await Explorer(database: server).explore(scenario)
    let wrong = report.outcomes.filter { $0.witness.finalRows[0][0, "balance"].int != 70 }
    let orders = wrong.reduce(0) { $0 + $1.orders }
    let witness = try #require(wrong.first).witness
    print("A lost update in \(orders) of \(report.orders) orders, such as \(witness.token):")
    print(witness.order)
    print(witness.transcript)
  }
}
