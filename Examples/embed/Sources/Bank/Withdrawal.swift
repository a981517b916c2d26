/// The SQL by which this bank pays money out: what an application has somewhere in its code.
public struct Withdrawal: Sendable {
  /// The accounts.
  public static let table = "CREATE TABLE account (id INT PRIMARY KEY, balance INT NOT NULL)"

  /// The statements of one withdrawal, in sequence.
  public let statements: [String]

  /// A withdrawal that reads the balance first, and writes what it has worked out from it.
  ///
  /// This is the bug that the test finds: between reading and writing, somebody else can write.
  public static func careless(_ amount: Int, from account: Int) -> Withdrawal {
    Withdrawal(amount, from: account, reading: "")
  }

  /// The same, but nobody else can write to the account once it was read.
  public static func careful(_ amount: Int, from account: Int) -> Withdrawal {
    Withdrawal(amount, from: account, reading: " FOR UPDATE")
  }

  private init(_ amount: Int, from account: Int, reading lock: String) {
    statements = [
      "BEGIN",
      "SELECT balance INTO @balance FROM account WHERE id = \(account)\(lock)",
      "UPDATE account SET balance = @balance - \(amount) WHERE id = \(account)",
      "COMMIT",
    ]
  }
}
