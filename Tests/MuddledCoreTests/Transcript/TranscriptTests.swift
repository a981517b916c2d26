import MuddledCore
import Testing

/// A step as it went: its name, the step after which it was done if that is not itself, and results.
private typealias Went = (name: String, after: Int?, results: [StatementResult])

private func number(_ column: String, _ value: Int) -> StatementResult {
  .rows(ResultRows(columns: [column], rows: [[.number(String(value))]]))
}

private func table(_ columns: String, _ rows: [SQLValue]...) -> StatementResult {
  .rows(ResultRows(columns: columns.split(separator: " ").map(String.init), rows: rows))
}

private let ok = StatementResult.ok(affected: 1)

@Suite("Transcript", .timeLimit(.minutes(20)))
struct TranscriptTests {
  /// Prints the permutation of a scenario as if its steps had been dispatched in its own sequence.
  private func text(
    _ scenario: Scenario, permutation index: Int = 0, _ went: [Went], setup: [TranscriptBlock] = [],
    teardown: [TranscriptBlock] = [], notices: [Int: [String]] = [:]
  ) -> String {
    let order = scenario.permutations[index].steps
    let steps = zip(order, went).enumerated().map { place, step in
      TranscriptStep(
        step.0, results: step.1.results, wasBlocked: step.1.after != nil,
        settledAfter: step.1.after ?? place,
        notices: notices[place, default: []].map { TranscriptNotice($0, after: place) })
    }
    #expect(order.map { scenario[$0.step].name } == went.map(\.name))
    return TranscriptPrinter(scenario).text(
      of: TranscriptPermutation(order: order, setup: setup, steps: steps, teardown: teardown))
  }

  private func expectSame(_ actual: String, _ expected: String) {
    let difference = UnifiedDiff(expected: expected, actual: actual)
    #expect(difference.isEmpty, "\(difference.text)")
  }

  @Test("Tables, errors, setups and teardowns are printed as PostgreSQL prints them")
  func tables() throws {
    let read = try scenario(tablesSpec)
    let body = text(
      read,
      [
        (
          "a1", nil,
          [
            table(
              "id name price", [.number("1"), .text("pen"), .number("1.50")],
              [.number("2"), .null, .number("-20")], [.number("3"), .text("größe"), .null])
          ]
        ),
        ("a2", nil, [table("name"), table("id id2", [.number("1"), .number("1")])]),
        ("a3", nil, []),
        (
          "a4", nil,
          [.error(ServerError(code: 1, sqlstate: "22012", message: "division by zero"))]
        ),
        (
          "a 5", nil,
          [
            ok,
            table(
              "d e f empty sp lines",
              ["2020-01-01", "1e", "e1", "", "1 2", "a\nb"].map { .text($0) }),
          ]
        ),
      ],
      setup: [
        TranscriptBlock(results: [ok, ok]),
        TranscriptBlock(results: [number("one", 1), number("two", 2)]),
        TranscriptBlock(session: 0, results: [table("same", [.text("t")])]),
      ],
      teardown: [
        TranscriptBlock(session: 0, results: [table("nothing", [.null])]),
        TranscriptBlock(results: [ok, table("word", [.text("bye")])]),
      ])
    expectSame(TranscriptPrinter(read).header + body, tablesTranscript)
  }

  @Test("Waits and markers are printed as PostgreSQL prints them")
  func waits() throws {
    let read = try scenario(waitsSpec)
    func all(_ n: Int) -> StatementResult {
      table("id n", [.number("1"), .number(String(n))], [.number("2"), .number("0")])
    }
    let (d, n) = (table("?column?", [.text("d")]), { number("n", $0) })
    let permutations: [[Went]] = [
      [
        ("a1", nil, [n(1)]), ("b1", 3, [n(11)]), ("c1", 3, [n(111)]), ("a2", nil, [ok]),
        ("b2", nil, [all(111)]), ("c2", nil, [n(111)]),
      ],
      [
        ("a1", nil, [n(1)]), ("b1", 4, [n(11)]), ("c1", 4, [n(111)]), ("d1", nil, [d]),
        ("a2", nil, [ok]), ("b2", nil, [all(111)]), ("c2", nil, [n(111)]),
      ],
      [
        ("a1", nil, [n(1)]), ("b1", 3, [n(11)]), ("c1", 3, [n(111)]), ("a2", nil, [ok]),
        ("d1", nil, [d]), ("c2", nil, [n(111)]), ("b2", nil, [all(111)]),
      ],
      [
        ("a1", nil, [n(1)]), ("d1", nil, [d]), ("a2", nil, [ok]), ("b1", nil, [n(11)]),
        ("c1", nil, [n(111)]),
      ],
      [
        ("a1", nil, [n(1)]), ("d1", nil, [d]), ("b1", 3, [n(11)]), ("a2", nil, [ok]),
        ("b2", nil, [all(11)]),
      ],
      [
        ("a1", nil, [n(1)]), ("b1", 3, [n(11)]), ("d1", nil, [d]), ("a2", nil, [ok]),
        ("b2", nil, [all(11)]),
      ],
      [("a1", nil, [n(1)]), ("d1", nil, [d]), ("a2", nil, [ok])],
      [
        ("a1", 1, [n(11)]), ("b1", 1, [n(10)]), ("a2", nil, [ok]), ("d1", nil, [d]),
        ("b2", nil, [all(11)]), ("c2", nil, [n(11)]),
      ],
    ]
    let body = permutations.enumerated().map { text(read, permutation: $0, $1) }.joined()
    expectSame(TranscriptPrinter(read).header + body, waitsTranscript)
  }

  @Test("Notices and markers that count them are printed as PostgreSQL prints them")
  func notices() throws {
    let read = try scenario(noticesSpec)
    let two: [Went] = [
      ("a1", nil, [table("say", [.text("")])]),
      ("a2", nil, [table("say say", [.text(""), .text("")])]),
    ]
    let all: [Went] = [("b1", nil, [number("x", 1)])] + two + [("b2", nil, [number("y", 2)])]
    let said = [1: ["NOTICE:  one"], 2: ["NOTICE:  two", "NOTICE:  three"]]
    let body = [all, all, all, Array(all.dropLast())].enumerated().map {
      text(read, permutation: $0, $1, notices: said)
    }.joined()
    expectSame(TranscriptPrinter(read).header + body, noticesTranscript)
  }

  @Test("A step that ends by itself after a wait is reported before the next one")
  func ownEnd() throws {
    let read = try scenario(twoByTwo + "\npermutation a1 b1 b2 a2")
    let timeout = StatementResult.error(
      ServerError(code: 1205, sqlstate: "HY000", message: "Lock wait timeout exceeded"))
    let printed = text(
      read,
      [("a1", nil, [ok]), ("b1", 1, [timeout]), ("b2", nil, [ok]), ("a2", 3, [.cancelled])])
    expectSame(
      printed,
      """

      starting permutation: a1 b1 b2 a2
      step a1: SELECT 1;
      step b1: SELECT 3; <waiting ...>
      step b1: <... completed>
      ERROR:  Lock wait timeout exceeded
      step b2: SELECT 4;
      step a2: SELECT 2; <waiting ...>
      muddled: canceling step a2, as nothing else would end its wait
      step a2: <... completed>
      ERROR:  canceling statement due to user request

      """)
  }

  @Test("A marker that is never met is said, and the step reported all the same")
  func unmetMarkers() throws {
    let read = try scenario(
      twoByTwo + "\npermutation a1(b1 notices 1) b1 a2(b2) b2(a2)")
    let printed = text(
      read, [("a1", nil, []), ("b1", nil, []), ("a2", nil, []), ("b2", nil, [])])
    expectSame(
      printed,
      """

      starting permutation: a1 b1 a2 b2
      step a1: SELECT 1; <waiting ...>
      step b1: SELECT 3;
      muddled: what step a1 is marked to wait for did not come
      step a1: <... completed>
      step a2: SELECT 2;
      step b2: SELECT 4;

      """)
  }

  @Test("Steps that wait for each other's report are reported at the end, the first one first")
  func mutualMarkers() throws {
    let read = try scenario(
      "session a step a1 { 1 } session b step b1 { 2 } permutation a1(*, b1) b1(a1)")
    let printed = text(read, [("a1", nil, []), ("b1", nil, [])])
    expectSame(
      printed,
      """

      starting permutation: a1 b1
      step a1: 1 <waiting ...>
      step b1: 2 <waiting ...>
      muddled: what step a1 is marked to wait for did not come
      step a1: <... completed>
      step b1: <... completed>

      """)
  }

  @Test("An execution in another sequence keeps the order that was asked for, and its markers")
  func deferred() throws {
    let read = try scenario(twoByTwo + "\npermutation a1 b1 b2(*) a2")
    let results = [(0, 0, 0), (1, 0, 2), (0, 1, 2), (1, 1, 3)].map { client, step, after in
      ExecutedStep(
        client: client, step: step, sql: "", results: [ok], wasBlocked: client == 1 && step == 0,
        settledAfter: after, microseconds: 1)
    }
    let execution = Execution(
      rank: 0, order: [0, 1, 1, 0], dispatched: [0, 1, 0, 1], steps: results, checks: [])
    let permutation = TranscriptPermutation(
      order: read.permutations[0].steps, execution: execution)
    expectSame(
      TranscriptPrinter(read).text(of: permutation),
      """

      starting permutation: a1 b1 b2 a2
      step a1: SELECT 1;
      step b1: SELECT 3; <waiting ...>
      step a2: SELECT 2;
      step b1: <... completed>
      step b2: SELECT 4; <waiting ...>
      step b2: <... completed>

      """)
  }

  @Test(
    "A failed setup or teardown is said with its owner, and rows that were not kept are counted")
  func failures() throws {
    let read = try scenario(twoByTwo + "\npermutation a1")
    let error = StatementResult.error(ServerError(code: 1, sqlstate: "x", message: "no such table"))
    let many = StatementResult.rows(
      ResultRows(columns: ["b"], rows: [[.binary([0, 0xab])]], count: 1001))
    let printed = text(
      read, [("a1", nil, [many])], setup: [TranscriptBlock(results: [error, ok])],
      teardown: [TranscriptBlock(session: 1, results: [ok, error])])
    expectSame(
      printed,
      """

      starting permutation: a1
      setup failed: ERROR:  no such table
      step a1: SELECT 1;
      b    \u{20}
      ------
      \\x00ab
      (… 1000 more)
      (1001 rows)

      teardown of session b failed: ERROR:  no such table

      """)
  }
}
