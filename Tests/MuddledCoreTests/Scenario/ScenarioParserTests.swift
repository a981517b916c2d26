import MuddledTestKit
import Testing

@testable import MuddledCore

@Suite("Scenario files", .timeLimit(.minutes(20)), .sideThread)
struct ScenarioParserTests {
  @Test("Every part of the grammar is read")
  func wholeGrammar() throws {
    let text = """
      # a comment
      setup { CREATE TABLE t (n int); }
      setup
      {
        INSERT INTO t VALUES (1);
        INSERT INTO t VALUES (2);
      }
      teardown { DROP TABLE t; } # another
      session "the first"
      setup { BEGIN; }
      step a1 { SELECT '#', "step"; }
      step "a""2" { COMMIT; }
      teardown { ROLLBACK }
      session größe$1 step b1{}
      permutation a1 b1 "a""2"
      permutation b1(*) "a""2"(b1,b1 notices 3, *) b1
      """
    let read = try scenario(text)
    let (a1, a2) = (StepReference(session: 0, step: 0), StepReference(session: 0, step: 1))
    let b1 = StepReference(session: 1, step: 0)
    let expected = Scenario(
      name: "test",
      setup: [
        SQLBlock("CREATE TABLE t (n int);"),
        SQLBlock("\n  INSERT INTO t VALUES (1);\n  INSERT INTO t VALUES (2);\n"),
      ], teardown: SQLBlock("DROP TABLE t;"),
      sessions: [
        ScenarioSession(
          name: "the first", setup: SQLBlock("BEGIN;"),
          steps: [
            ScenarioStep(name: "a1", block: SQLBlock("SELECT '#', \"step\";")),
            ScenarioStep(name: "a\"2", block: SQLBlock("COMMIT;")),
          ], teardown: SQLBlock("ROLLBACK")),
        ScenarioSession(name: "größe$1", steps: [ScenarioStep(name: "b1", block: SQLBlock(""))]),
      ],
      permutations: [
        Permutation(steps: [a1, b1, a2].map { PermutationStep($0) }),
        Permutation(steps: [
          PermutationStep(b1, markers: [.always]),
          PermutationStep(a2, markers: [.step(b1), .notices(b1, count: 3), .always]),
          PermutationStep(b1),
        ]),
      ])
    #expect(read == expected)
    #expect(read.setup[1].statements.map(\.line) == [5, 6])
    #expect(read.setup[1].statements.map(\.text) == expected.setup[1].statements.map(\.text))
    try read.validate()
  }

  @Test(
    "What is wrong is said with its place, and what was expected",
    arguments: [
      ("", "1:1: expected `setup`, `teardown` or `session`, found the end of the file"),
      ("step", "1:1: expected `setup`, `teardown` or `session`, found `step`"),
      ("teardown { }\nsetup { }", "2:1: expected `session`, found `setup`"),
      ("setup x", "1:7: expected an SQL block in { }, found the name \"x\""),
      (
        "\n\n setup {\n",
        "3:8: expected a } that closes the SQL block that opens here, found the end of the file"
      ),
      ("session { }", "1:9: expected the session's name, found an SQL block"),
      (
        "session setup",
        "1:9: expected the session's name, found `setup`, which is a name only in quotes"
      ),
      ("session s", "1:10: expected `setup` or `step`, found the end of the file"),
      ("session s setup { } setup { }", "1:21: expected `step`, found `setup`"),
      (
        "session \"größe\" x",
        "1:17: expected `setup` or `step`, found the name \"x\""
      ),
      (
        "session s step 1a { }", "1:16: expected the step's name, found the number 1"
      ),
      (
        "session \"s\nstep a { }",
        "1:9: expected a \" that closes the name that opens here, found the end of the line"
      ),
      (
        "session s step a { } }",
        "1:22: expected a word, a name, an SQL block, a number or one of ( ) , *, found }"
      ),
      (
        "session s step a { } x",
        "1:22: expected `step`, `teardown`, `session`, `permutation` or the end of the file, "
          + "found the name \"x\""
      ),
      (
        "session s step a { } teardown { } step",
        "1:35: expected `session`, `permutation` or the end of the file, found `step`"
      ),
      (
        "session s step a { }\nsession t step a { }",
        "2:16: expected a step's name that no other step has, found \"a\" again"
      ),
      (
        "session s step a { } permutation",
        "1:33: expected a step's name, found the end of the file"
      ),
      (
        "session s step a { } permutation a b",
        "1:36: expected the name of a step, found \"b\", which no step has"
      ),
      (
        "session s step a { } permutation a)",
        "1:35: expected `(`, a step's name, `permutation` or the end of the file, found )"
      ),
      (
        "session s step a { } permutation a(",
        "1:36: expected * or a step's name, found the end of the file"
      ),
      ("session s step a { } permutation a(*", "1:37: expected , or ), found the end of the file"),
      (
        "session s step a { } permutation a(b notices",
        "1:45: expected a number of notices, found the end of the file"
      ),
      (
        "session s step a { } permutation a(b c)",
        "1:38: expected `notices`, , or ), found the name \"c\""
      ),
      (
        "session s step a { } session t step b { }\npermutation a(b)",
        "2:15: expected a step of this permutation, found \"b\", which is not in it"
      ),
      (
        "session s step a { } step b { } permutation a(b) b",
        "1:47: expected a step of another session, found \"b\", "
          + "which belongs to the same session as \"a\""
      ),
      (
        "session s\u{b}step a { }",
        "1:10: expected a word, a name, an SQL block, a number or one of ( ) , *, found \"\\u{0B}\""
      ),
      ("session s\0", "1:10: expected text in UTF-8, found a NUL"),
    ])
  func errors(_ text: String, _ message: String) {
    #expect(problem { try scenario(text) } == "unusable input: test.spec:\(message)")
  }

  @Test("Bytes that are no text are refused with their place")
  func encoding() {
    let bytes = Array("session s\n é".utf8) + [0xff]
    let message = problem { try Scenario(specUTF8: bytes, file: "f", name: "f") }
    #expect(message == "unusable input: f:2:3: expected text in UTF-8, found a byte that is none")
  }

  @Test("A marker may name a step that comes later, and count more notices than there can be")
  func markers() throws {
    let read = try scenario(
      twoByTwo + "\npermutation a1(b1) b1(a1 notices 99999999999999999999999)")
    let steps = read.permutations[0].steps
    #expect(steps[0].markers == [.step(steps[1].step)])
    #expect(steps[1].markers == [.notices(steps[0].step, count: Int.max)])
  }

  @Test("A block that cannot be split is read and written, but not run")
  func unsplittable() throws {
    let read = try scenario("session s\nstep a {\n  SELECT 'x;\n}")
    #expect(read.sessions[0].steps[0].block.statements.isEmpty)
    #expect(try scenario(try read.specText) == read)
    #expect(
      problem { try read.validate() }
        == "unusable input: test.spec:3: the ' that opens here is never closed: close it.")
  }

  @Test("What is written and read again is the same")
  func roundTrip() throws {
    var generator = SplitMix64(seed: 3)
    for _ in 0..<2000 {
      let original = randomScenario(&generator)
      let text = try original.specText
      #expect(try scenario(text) == original, "\(text)")
      #expect(try scenario(text).specText == text)
    }
  }

  @Test("What the grammar has no words for is refused, not written as something else")
  func unwritable() throws {
    var original = try scenario(twoByTwo)
    original.sessions[0].steps[0].block = SQLBlock("SELECT '}'")
    #expect(problem { try original.specText }.contains("ends at the first }"))
    original = try scenario(twoByTwo)
    original.sessions[0].name = "a\nb"
    #expect(problem { try original.specText }.contains("has a line feed or a NUL"))
    original = try scenario(twoByTwo)
    original.sessions[0].steps[0].block = SQLBlock("DELIMITER //\nBEGIN x; y; END //")
    _ = try original.specText
    original.sessions[1].steps = []
    #expect(problem { try original.specText }.contains("a session without steps, \"b\""))
  }

  @Test("Every text of chance parts is read or refused, and what is read can be written")
  func chance() throws {
    let parts = [
      "setup", "teardown", "session", "step", "permutation", "notices", "a", "b", "\"a\"", "{ x }",
      "{", "}", "(", ")", ",", "*", "7", "\n", "# c\n", "\"", "é", " a(b)", " session c step d {}",
    ]
    var generator = SplitMix64(seed: 5)
    var readCount = 0
    for _ in 0..<5000 {
      let tail = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        parts.randomElement(using: &generator)!
      }
      let text =
        "session s step a { } session t step b { } permutation a b " + tail.joined(separator: " ")
      let read: Scenario
      do { read = try scenario(text) } catch { continue }
      readCount += 1
      #expect(try scenario(try read.specText) == read, "\(text)")
    }
    #expect(readCount > 500)
  }
}
