import MuddledCore
import Testing

@Suite("Scenario", .timeLimit(.minutes(20)))
struct ScenarioTests {
  @Test("What cannot be run is refused by name")
  func validation() throws {
    let good = try scenario(twoByTwo)
    try good.validate()
    func message(_ change: (inout Scenario) -> Void) -> String {
      var changed = good
      change(&changed)
      return problem { try changed.validate() }
    }
    let head = "unusable input: The scenario test has "
    #expect(
      message { $0.sessions = [] } == head + "no session: give it at least one with a step.")
    #expect(
      message { $0.sessions[1].steps = [] }
        == head + "a session without steps, \"b\": give it one or remove it.")
    #expect(
      message { $0.sessions[1].name = "a" } == head + "two sessions named \"a\": rename one.")
    #expect(
      message { $0.sessions[1].steps[0].name = "a2" }
        == head + "two steps named \"a2\", in sessions \"a\" and \"b\": rename one.")
    #expect(
      message { $0.sessions[0].steps[1].name = "a1" }
        == head + "two steps named \"a1\", in session \"a\": rename one.")
    #expect(
      message { changed in
        changed.sessions = (0..<256).map { index in
          ScenarioSession(
            name: "s\(index)", steps: [ScenarioStep(name: "t\(index)", block: SQLBlock("x"))])
        }
      } == head + "256 sessions: give it at most 255.")
    #expect(message { $0.permutations = [Permutation(steps: [])] }.contains("no step in its perm"))
    let (a1, b1) = (StepReference(session: 0, step: 0), StepReference(session: 1, step: 0))
    let a2 = StepReference(session: 0, step: 1)
    func permutation(_ steps: PermutationStep...) -> String {
      message { $0.permutations = [Permutation(steps: steps)] }
    }
    #expect(
      permutation(PermutationStep(StepReference(session: 2, step: 0)))
        == head + "a permutation 1 with step 1 of session 3, which is not there.")
    #expect(
      permutation(PermutationStep(a1, markers: [.step(b1)]))
        == head + "a permutation 1 that marks step \"a1\" with \"b1\": "
        + "name a step of the same permutation.")
    #expect(
      permutation(PermutationStep(a1, markers: [.notices(a2, count: 1)]), PermutationStep(a2))
        == head + "a permutation 1 that marks step \"a1\" with \"a2\", "
        + "a step of its own session: name one of another session.")
    #expect(permutation(PermutationStep(b1), PermutationStep(a1, markers: [.step(b1)])) == "")
  }

  @Test("The digest changes with all that an order runs, and with nothing else")
  func digest() throws {
    var base = try scenario("setup { x }\nteardown { y }\n" + twoByTwo)
    base.sessions[0].setup = SQLBlock("BEGIN")
    let changes: [(inout Scenario) -> Void] = [
      { $0.setup = [] }, { $0.setup = [SQLBlock("z")] }, { $0.setup.append(SQLBlock("x")) },
      { $0.teardown = nil }, { $0.teardown = SQLBlock("") }, { $0.sessions.swapAt(0, 1) },
      { $0.sessions[0].name = "c" }, { $0.sessions[0].setup = nil },
      { ($0.sessions[0].setup, $0.sessions[0].teardown) = (nil, $0.sessions[0].setup) },
      { $0.sessions[1].steps[0].name = "c1" }, { $0.sessions[1].steps[0].block = SQLBlock("z") },
      { $0.sessions[1].steps.swapAt(0, 1) }, { $0.sessions[1].steps.removeLast() },
      { $0.sessions[0].steps.append($0.sessions[1].steps.removeFirst()) },
      { ($0.setup, $0.reset) = ([], SQLBlock("x")) },
    ]
    var digests: Set<Digest> = [base.digest]
    for change in changes {
      var changed = base
      change(&changed)
      digests.insert(changed.digest)
    }
    #expect(digests.count >= changes.count)
    var same = base
    same.name = "another"
    same.permutations = [Permutation(steps: [PermutationStep(StepReference(session: 0, step: 0))])]
    same.checks = ["x"]
    same.assertions = ["x"]
    same.reset = SQLBlock("x")
    #expect(same.digest == base.digest)
    var (one, other) = (base, base)
    (one.setup, other.setup) = ([], [])
    (one.reset, other.reset) = (SQLBlock("x"), SQLBlock("y"))
    #expect(one.digest != other.digest)
  }

  @Test(
    "An order is read from its steps or its clients",
    arguments: [
      ("a1 b1 a2 b2", "1 2 1 2"), ("a1,b1, a2\tb2\n", "1 2 1 2"), ("1,2,1,2", "1 2 1 2"),
      ("2 2 1 1", "2 2 1 1"), ("a b b a", "1 2 2 1"), ("a 2 b 1", "1 2 2 1"),
    ])
  func orders(_ text: String, _ slots: String) throws {
    let test = try scenario(twoByTwo)
    let order = try test.order(from: text)
    #expect(order.description == slots)
    #expect(try test.order(from: test.description(of: order)) == order)
  }

  @Test(
    "An order that is none is refused with the reason",
    arguments: [
      (" , ", "The order is empty: give the steps, such as \"a1 a2 b1 b2 …\"."),
      ("a1 b1 a2", "the step \"b2\" of \"b\" is missing"),
      ("a2 a1 b1 b2", "\"a2\" comes before \"a1\": a client's steps run in their own sequence"),
      ("a1 a1 a2 b1 b2", "\"a1\" comes again or after a later step of \"a\""),
      ("a1 a3 b1 b2", "no step is named \"a3\": the steps are a1, a2, b1, b2"),
      ("x y", "\"x\" is neither a step nor a client"),
      ("1 2 3 1", "\"3\" is neither a step nor a client"),
      ("0 1 2 2", "\"0\" is neither a step nor a client"),
      ("1 2 1", "the client \"b\" comes once, but has 2 steps: name it once for each"),
      ("1 1 1 2 2", "the client \"a\" comes 3 times, but has 2 steps"),
    ])
  func wrongOrders(_ text: String, _ words: String) throws {
    let test = try scenario(twoByTwo)
    let message = problem { try test.order(from: text) }
    #expect(message.hasPrefix("usage: ") && message.contains(words), "\(message)")
  }

  @Test("A session's name goes before a client's place")
  func numberedSessions() throws {
    let test = try scenario("session \"2\" step x { } session \"1\" step y { } step z { }")
    #expect(try test.order(from: "1 2 1").slots == [1, 0, 1])
  }

  @Test("A permutation has a rank if it is an order")
  func permutationRanks() throws {
    let text = twoByTwo + "\npermutation b1 a1 a2 b2 permutation a1 a2 b1 permutation a2 a1 b1 b2"
    let test = try scenario(text)
    let ranks = try test.permutations.map { try test.rank(of: $0) }
    #expect(ranks == [try test.orderSpace().rank(of: Order(slots: [1, 0, 0, 1])), nil, nil])
  }

  @Test("Ranks are read with both ends included")
  func ranks() throws {
    let space = try OrderSpace(stepCounts: [2, 2])
    #expect(try space.ranks(from: "1..3") == 1..<4)
    #expect(try space.ranks(from: "2..") == 2..<6)
    #expect(try space.ranks(from: "..2") == 0..<3)
    #expect(try space.ranks(from: "5") == 5..<6)
    #expect(try space.rank(from: "0") == 0)
    for (text, words) in [
      ("6", "past the last order: give one from 0 to 5"), ("0..6", "past the last order"),
      ("3..2", "end before they begin"), ("..", "lack both ends"), ("x", "not a number"),
      ("-1", "not a number"), ("+1", "not a number"), ("1...2", "not a number"),
      ("", "not a number"),
    ] {
      let message = problem { try space.ranks(from: text) }
      #expect(message.hasPrefix("usage: ") && message.contains(words), "\(text): \(message)")
    }
  }
}
