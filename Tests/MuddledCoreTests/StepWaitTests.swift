import Testing

@testable import MuddledCore

@Suite("Who wakes after whom")
struct StepWaitTests {
  private static let done: [StatementResult] = [.ok(affected: 1)]

  private static func error(_ code: Int) -> [StatementResult] {
    [.error(ServerError(code: code, sqlstate: "HY000", message: "no"))]
  }

  /// A step of a client; it waited if it has holders.
  private static func step(
    _ client: Int, _ results: [StatementResult] = done, after: Int, waitsFor holders: [Int] = [],
    mayLapse: Bool = false
  ) -> ExecutedStep {
    var step = ExecutedStep(
      client: client, step: 0, sql: "", results: results, wasBlocked: !holders.isEmpty,
      settledAfter: after, microseconds: 1)
    guard !holders.isEmpty else { return step }
    var wait = StepWait(foundMicroseconds: 1)
    wait.holders = holders.map { .client($0) } + [.outsider(connection: 9)]
    wait.mayLapse = mayLapse
    step.wait = wait
    return step
  }

  /// Client 0 holds a lock, 1 waits for it, then 2 for both; the dispatch 3 ends all waits.
  private static func woken(
    _ second: [StatementResult] = done, firstEndsAfter: Int = 3, mayLapse: Bool = false
  ) -> [[Int]?] {
    var steps = [
      step(0, after: 0), step(1, after: firstEndsAfter, waitsFor: [0]),
      step(2, second, after: 3, waitsFor: [0, 1], mayLapse: mayLapse), step(0, after: 3),
    ]
    steps.noteWakes()
    return steps.map { $0.wait?.wokenAfter }
  }

  @Test(
    "One that was granted its lock wakes after those before it in the queue, and not after a mere holder"
  )
  func queue() { #expect(Self.woken() == [nil, [], [1], nil]) }

  @Test("Waits that end after different steps need no such word")
  func apart() { #expect(Self.woken(firstEndsAfter: 2) == [nil, [], [], nil]) }

  @Test("One that gave up, or may have, is not known to have woken after anybody")
  func gaveUp() {
    for results in [[.cancelled], Self.error(1213), Self.error(1205), Self.error(1317)] {
      #expect(Self.woken(results) == [nil, [], [], nil], "\(results)")
    }
    #expect(Self.woken(Self.error(1062)) == [nil, [], [1], nil])
    #expect(Self.woken(mayLapse: true) == [nil, [], [], nil])
  }
}
