import MuddledCore
import Testing

@Suite("Token", .timeLimit(.minutes(20)))
struct TokenTests {
  @Test("A token's text names its order, in at most 40 characters")
  func roundTrip() throws {
    let big = try scenario(
      (0..<6).map { session in
        "session s\(session)"
          + (0..<9).map { " step s\(session)_\($0) { x }" }.joined()
      }.joined(separator: "\n"))
    let last = try big.orderSpace().count - 1
    for rank in [0, 1, 31, 32, 1 << 60, last] as [UInt128] {
      let token = Token(.rank(rank), of: big)
      #expect(token.description.count <= 40)
      #expect(try Token(token.description) == token)
      #expect(try Token(" " + token.description.uppercased()).target(in: big) == .rank(rank))
    }
    #expect(Token(.permutation(Int.max), of: big).description.count <= 40)
  }

  @Test("Every single wrong letter and every exchange of neighbours is found")
  func mistypes() throws {
    let test = try scenario(twoByTwo + "\npermutation a1 b1")
    for target in [Token.Target.rank(5), .permutation(0)] {
      let text = Array(Token(target, of: test).description)
      var triedCount = 0
      for place in text.indices {
        for letter in "0123456789abcdefghjkmnpqrstvwxyz-_ ü" where letter != text[place] {
          var wrong = text
          wrong[place] = letter
          triedCount += 1
          #expect(problem { try Token(String(wrong)) }.hasPrefix("usage: The token"))
        }
        guard place + 1 < text.count, text[place] != text[place + 1] else { continue }
        var wrong = text
        wrong.swapAt(place, place + 1)
        #expect(problem { try Token(String(wrong)) }.contains("is mistyped"))
      }
      #expect(triedCount > 500)
    }
    for text in ["", "-", "0", String(repeating: "z", count: 1000), "é"] {
      #expect(problem { try Token(text) }.contains("is mistyped"), "\(text)")
    }
  }

  @Test("A token refuses a changed scenario, and another one, by name")
  func otherScenario() throws {
    let test = try scenario(twoByTwo)
    let token = Token(.rank(5), of: test)
    var changed = test
    changed.sessions[1].steps[1].block = SQLBlock("SELECT 5;")
    #expect(
      problem { try token.target(in: changed) }
        == "unusable input: The token \(token) is not of the scenario test as it is now: it belongs "
        + "to another one, or the scenario was changed since; explore it again for new tokens.")
    changed = test
    changed.permutations = [
      Permutation(steps: [PermutationStep(StepReference(session: 0, step: 0))])
    ]
    #expect(try token.target(in: changed) == .rank(5))
  }

  @Test("A permutation's token refuses a changed permutation")
  func permutation() throws {
    let test = try scenario(twoByTwo + "\npermutation a1 b1\npermutation a2")
    let token = Token(.permutation(1), of: test)
    #expect(try token.target(in: test) == .permutation(1))
    for text in ["permutation a1 b1", "permutation a1 permutation b2"] {
      let other = try scenario(twoByTwo + "\n" + text)
      #expect(problem { try token.target(in: other) }.hasPrefix("unusable input: The token"))
    }
  }
}
