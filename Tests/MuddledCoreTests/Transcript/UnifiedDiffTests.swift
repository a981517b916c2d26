import MuddledTestKit
import Testing

@testable import MuddledCore

@Suite("Unified diff", .timeLimit(.minutes(20)), .sideThread)
struct UnifiedDiffTests {
  @Test(
    "It has the form of diff -U3",
    arguments: [
      ("a\nb\n", "a\nb\n", ""), ("", "", ""),
      ("a\n", "", "@@ -1 +0,0 @@\n-a\n"), ("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"),
      ("a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"),
      ("1\n2\n3\n4\n5\n", "1\n2\n3\n4\nx\n5\n", "@@ -2,4 +2,5 @@\n 2\n 3\n 4\n+x\n 5\n"),
      (
        "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "1\n2\n3\n4\n5\n6\n7\nb\nc\n",
        "@@ -1,4 +1,3 @@\n-a\n 1\n 2\n 3\n@@ -7,3 +6,4 @@\n 6\n 7\n b\n+c\n"
      ),
      (
        "a\n1\n2\n3\n4\n5\n6\nb\n", "1\n2\n3\n4\n5\n6\n",
        "@@ -1,8 +1,6 @@\n-a\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n"
      ),
      ("é\n", "e\u{301}\n", "@@ -1 +1 @@\n-é\n+e\u{301}\n"),
      ("a\r\nb\n", "a\nb\n", "@@ -1,2 +1,2 @@\n-a\r\n+a\n b\n"),
    ])
  func form(_ expected: String, _ actual: String, _ hunks: String) {
    let difference = UnifiedDiff(expected: expected, named: "e", actual: actual, named: "a")
    #expect(
      Array(difference.text.utf8) == Array((hunks.isEmpty ? "" : "--- e\n+++ a\n" + hunks).utf8))
    #expect(difference.isEmpty == hunks.isEmpty)
  }

  /// Makes the second text of the first by what the difference says.
  private func apply(_ difference: String, to text: String) -> String {
    var old = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(
      String.init)[...]
    var (new, taken): ([String], Int) = ([], 0)
    for line in difference.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("--- ") || line.hasPrefix("+++ ") { continue }
      if line.hasPrefix("@@ -") {
        let numbers = line.dropFirst(4).prefix { $0 != " " }.split(separator: ",")
        let first = Int(numbers[0])! - (numbers.last == "0" ? 0 : 1)
        while taken < first {
          new.append(old.removeFirst())
          taken += 1
        }
        continue
      }
      if line.first != "+" {
        old.removeFirst()
        taken += 1
      }
      if line.first != "-" { new.append(String(line.dropFirst())) }
    }
    return (new + old).map { $0 + "\n" }.joined()
  }

  /// The number of lines outside a longest common subsequence of both, by the plain table.
  private func leastChanges(_ one: [Substring], _ other: [Substring]) -> Int {
    var row = Array(repeating: 0, count: other.count + 1)
    for line in one {
      var diagonal = 0
      for (index, candidate) in other.enumerated() {
        let above = row[index + 1]
        row[index + 1] = line == candidate ? diagonal + 1 : max(above, row[index])
        diagonal = above
      }
    }
    return one.count + other.count - 2 * row[other.count]
  }

  @Test("It is right, and the shortest there is, for texts of chance")
  func chance() {
    var generator = SplitMix64(seed: 9)
    for _ in 0..<3000 {
      let texts = (0..<2).map { _ in
        (0..<Int.random(in: 0...25, using: &generator)).map { _ in
          "\(Int.random(in: 0...5, using: &generator))\n"
        }.joined()
      }
      let difference = UnifiedDiff(expected: texts[0], actual: texts[1])
      #expect(apply(difference.text, to: texts[0]) == texts[1])
      let lines = texts.map { $0.split(separator: "\n") }
      #expect(difference.changedLineCount == leastChanges(lines[0], lines[1]))
    }
  }

  @Test("Texts that differ everywhere are compared in a short time")
  func large() {
    let one = (0..<20_000).map { "a\($0)\n" }.joined()
    let other = (0..<20_000).map { "b\($0)\n" }.joined()
    let difference = UnifiedDiff(expected: "x\n" + one, actual: "x\n" + other)
    #expect(difference.changedLineCount == 40_000)
    #expect(
      difference.text.hasPrefix("--- expected\n+++ actual\n@@ -1,20001 +1,20001 @@\n x\n-a0\n"))
  }
}
