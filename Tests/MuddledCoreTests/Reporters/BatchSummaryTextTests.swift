import Testing

@testable import MuddledCore

@Suite("The summary of a batch for people")
struct BatchSummaryTextTests {
  private func execution(_ rank: UInt128, _ error: ServerError) -> Execution {
    let step = ExecutedStep(
      client: 1, step: 2, sql: "INSERT", results: [.error(error)], wasBlocked: false,
      settledAfter: 0, microseconds: 1)
    return Execution(rank: rank, order: [1], dispatched: [1], steps: [step], checks: [])
  }

  @Test(
    "The first error of each kind stands below the table in the server's words, but for a deadlock")
  func errors() {
    var summary = BatchSummary(batch: "b", node: "1")
    (summary.clients, summary.orders) = (["1", "2"], 3)
    let duplicate = ServerError(code: 1062, sqlstate: "23000", message: "Duplicate\nentry '1'")
    let other = ServerError(code: 1062, sqlstate: "23000", message: "Duplicate entry '2'")
    let deadlock = ServerError(code: 1213, sqlstate: "40001", message: "Deadlock found")
    for (rank, error) in [duplicate, other, deadlock].enumerated() {
      summary.tally.add(execution(UInt128(rank), error))
    }
    let lines = summary.text(width: 40).split(separator: "\n").map(String.init)
    #expect(
      lines.last == #"  error 1062 (23000): Duplicate\u{a}entry '1', as in step 3 of client 2"#)
    #expect(lines.filter { $0.contains("as in") }.count == 1)
  }
}
