@testable import MuddledCore

/// Reads a scenario of a test.
func scenario(_ text: String) throws -> Scenario {
  try Scenario(spec: text, file: "test.spec", name: "test")
}

/// The message of the error that the work throws, with the error's kind in front; empty if none.
func problem(_ work: () throws -> some Any) -> String {
  do {
    _ = try work()
    return ""
  } catch let error as MuddledError {
    return "\(error.code): \(error)"
  } catch {
    return "another error: \(error)"
  }
}

/// Two sessions with two steps each.
let twoByTwo = """
  session a
  step a1 { SELECT 1; }
  step a2 { SELECT 2; }
  session b
  step b1 { SELECT 3; }
  step b2 { SELECT 4; }
  """

/// Any scenario that a file can hold, with names and blocks that are hard to write.
func randomScenario(_ generator: inout SplitMix64) -> Scenario {
  let names = [
    "a", "b1", "_x$9", "größe", "日本", "", " ", "two words", "setup", "notices", "1st", "say \"hi\"",
    "\"", "\"\"", "#", "{", "}", "a(b)", "*", "step", "\r", "é\u{301}", "a,b",
  ]
  let blocks = [
    "", "SELECT 1;", "SELECT 1; SELECT 2", "\n  SELECT 1;\n  SELECT 2;\n", "# no comment\n", "it's",
    "SELECT '{'", "SELECT \"permutation\"", "-- setup", "  trimmed\t", "\r\n\u{b}x\u{b}",
  ]
  func block() -> SQLBlock { SQLBlock(blocks.randomElement(using: &generator)!) }
  func chance() -> Bool { Bool.random(using: &generator) }
  var unused = names.shuffled(using: &generator)[...]
  let sessions = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
    ScenarioSession(
      name: names.randomElement(using: &generator)!, setup: chance() ? block() : nil,
      steps: (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        ScenarioStep(name: unused.removeFirst(), block: block())
      }, teardown: chance() ? block() : nil)
  }
  let places = sessions.indices.flatMap { session in
    sessions[session].steps.indices.map { StepReference(session: session, step: $0) }
  }
  func permutation() -> Permutation {
    let chosen = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
      places.randomElement(using: &generator)!
    }
    return Permutation(
      steps: chosen.map { place in
        let others = chosen.filter { $0.session != place.session }
        var markers: [Marker] = chance() ? [.always] : []
        if let other = others.randomElement(using: &generator), chance() {
          let count = Int.random(in: 0...3, using: &generator)
          markers.append(chance() ? .step(other) : .notices(other, count: count))
        }
        return PermutationStep(place, markers: markers)
      })
  }
  return Scenario(
    name: "test", setup: (0..<Int.random(in: 0...2, using: &generator)).map { _ in block() },
    teardown: chance() ? block() : nil, sessions: sessions,
    permutations: (0..<Int.random(in: 0...3, using: &generator)).map { _ in permutation() })
}
