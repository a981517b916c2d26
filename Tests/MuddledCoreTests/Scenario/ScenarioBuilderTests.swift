import MuddledCore
import Testing

@Suite("A scenario in code")
struct ScenarioBuilderTests {
  @Test("It is the value that the same scenario in parts is")
  func value() throws {
    let built = Scenario("transfer") {
      Setup("CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1)")
      Reset("DELETE FROM t", "INSERT INTO t VALUES (1)")
      Client("alice") {
        Setup("SET @a = 1")
        "BEGIN"
        Step("read", "SELECT n FROM t")
        "COMMIT"
        Teardown("SELECT 1 -- said", "SELECT 2")
      }
      Client("bob") { "SELECT 2" }
      Check("SELECT * FROM t")
      Assert("SELECT 1", "SELECT n FROM t WHERE n < 0")
      Teardown("DROP TABLE t")
    }
    let parts = Scenario(
      name: "transfer",
      setup: [SQLBlock("CREATE TABLE t (n INT)"), SQLBlock("INSERT INTO t VALUES (1)")],
      teardown: SQLBlock("DROP TABLE t"),
      sessions: [
        ScenarioSession(
          name: "alice", setup: SQLBlock("SET @a = 1"),
          steps: [
            ScenarioStep(name: "alice1", block: SQLBlock("BEGIN")),
            ScenarioStep(name: "read", block: SQLBlock("SELECT n FROM t")),
            ScenarioStep(name: "alice3", block: SQLBlock("COMMIT")),
          ], teardown: SQLBlock("SELECT 1 -- said\n;\nSELECT 2")),
        ScenarioSession(
          name: "bob", steps: [ScenarioStep(name: "bob1", block: SQLBlock("SELECT 2"))]),
      ],
      reset: SQLBlock("DELETE FROM t\n;\nINSERT INTO t VALUES (1)"), checks: ["SELECT * FROM t"],
      assertions: ["SELECT 1", "SELECT n FROM t WHERE n < 0"])
    #expect(built == parts)
    #expect(built.reset?.statements.count == 2)
    // The delimiter between them is not part of the comment.
    #expect(built.sessions[0].teardown?.statements.count == 2)
  }

  @Test("Loops, conditions and steps from a loader stand in it as everywhere in Swift")
  func controlFlow() {
    let loaded = [Step("SELECT 1"), Step("last", "SELECT 2")]
    func scenario(_ isLong: Bool) -> Scenario {
      Scenario("many") {
        for client in 1...3 {
          Client("c\(client)") {
            if isLong { "BEGIN" } else { "SELECT 0" }
            for row in 1...client { "SELECT \(row)" }
            if isLong { "COMMIT" }
          }
        }
        if isLong { Client("loaded") { loaded } }
      }
    }
    #expect(scenario(true).sessions.map(\.steps.count) == [3, 4, 5, 2])
    #expect(scenario(false).sessions.map(\.steps.count) == [2, 3, 4])
    let steps = scenario(true).sessions.flatMap(\.steps).map(\.name)
    // A digit at the end of a client's name is kept apart from the step's place.
    #expect(steps.prefix(3) == ["c1_1", "c1_2", "c1_3"])
    #expect(steps.suffix(2) == ["loaded_1", "last"])
  }

  @Test("One without a client traps with a sentence")
  func noClient() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scenario("lonely") { Check("SELECT 1") }
    }
    result.expect("The scenario lonely has no client: give it at least one")
  }

  @Test("Two clients of one name trap with a sentence")
  func twoOfOneName() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scenario("twins") {
        Client("alice") { Step("one", "SELECT 1") }
        Client("alice") { Step("two", "SELECT 1") }
      }
    }
    result.expect("The scenario twins has two sessions named \"alice\": rename one.")
  }

  @Test("Two steps of one name trap with a sentence")
  func twoSteps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scenario("echo") {
        Client("alice") { Step("read", "SELECT 1") }
        Client("bob") { Step("read", "SELECT 1") }
      }
    }
    result.expect("two steps named \"read\", in sessions \"alice\" and \"bob\"")
  }

  @Test("An empty step traps with a sentence, also if it is only a comment")
  func emptyStep() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scenario("idle") {
        Client("alice") {
          "SELECT 1"; "-- nothing"
        }
      }
    }
    result.expect("has an empty step, \"alice2\" of client \"alice\": write a statement")
  }

  @Test("A client without steps or without a name traps with a sentence")
  func emptyClient() async {
    let stepless = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scenario("idle") { Client("alice") {} }
    }
    stepless.expect("a session without steps, \"alice\"")
    let nameless = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scenario("idle") { Client("") { "SELECT 1" } }
    }
    nameless.expect("a client without a name")
  }

  @Test("A quote that is never closed traps with its place, a check of two queries with its text")
  func badSQL() async {
    let quote = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scenario("open") { Client("alice") { Step("read", "SELECT 'a") } }
    }
    quote.expect("step read of client alice:1")
    let check = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scenario("two") {
        Client("alice") { "SELECT 1" }
        Check("SELECT 1; SELECT 2")
      }
    }
    check.expect("not one query, \"SELECT 1; SELECT 2\"")
  }
}

extension ExitTest.Result? {
  /// Expects the words in what the process wrote before it ended, behind the file that made the scenario.
  fileprivate func expect(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let text = String(decoding: self?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(words), sourceLocation: sourceLocation)
    #expect(text.contains("ScenarioBuilderTests.swift"), sourceLocation: sourceLocation)
  }
}
