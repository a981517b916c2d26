import Testing

@testable import MuddledCore

@Suite("Text for a terminal", .timeLimit(.minutes(1)))
struct DisplayTests {
  @Test(
    "A wide character takes two columns, a combining mark none",
    arguments: [
      ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("ｱ", 1), ("한글", 4), ("😀", 2),
      ("a漢b", 4),
    ])
  func width(text: String, columns: Int) {
    #expect(text.displayWidth == columns)
  }

  @Test("A text is cut so that it fits with its mark, and never in the middle of a character")
  func cut() {
    let text = "ab漢字e\u{301}😀z"
    for columns in 1...12 {
      let cut = text.cut(toColumns: columns)
      #expect(cut.displayWidth <= columns)
      #expect(cut == text || cut.hasSuffix("…") && text.hasPrefix(cut.dropLast()))
      #expect((cut == text) == (columns >= 10))
      // Not one character less than fits.
      #expect(cut == text || cut.displayWidth >= columns - 1)
    }
    #expect("漢".padded(toColumns: 4) + "|" == "漢  |")
  }

  @Test("A line of several parts is cut as a whole, and its colours end where they must")
  func styled() {
    var line = StyledLine("  ")
    line.add("漢字", .bold)
    line.add(" and ")
    line.add("more", .red)
    #expect(line.text(isColored: false) == "  漢字 and more")
    #expect(
      line.text(isColored: true) == "  \u{1b}[1m漢字\u{1b}[0m and \u{1b}[31mmore\u{1b}[0m")
    let plain = line.text(isColored: false)
    for columns in 1...20 {
      #expect(line.text(columns: columns, isColored: false) == plain.cut(toColumns: columns))
      let colored = line.text(columns: columns, isColored: true)
      #expect(colored.replacing(/\u{1b}\[\d+m/, with: "") == plain.cut(toColumns: columns))
      #expect(
        colored.matches(of: /\u{1b}\[[1-9]\d*m/).count == colored.matches(of: /\u{1b}\[0m/).count)
    }
  }

  @Test("Progress has a bar where there is room, and says how long the rest takes")
  func progress() {
    let line = ProgressLine(done: 250, total: 1000, rate: 10)
    #expect(line.text == "250 of 1000 orders, 10 orders/s, 1 min 15 s left")
    #expect(
      line.bar(columns: 79)
        == "[#####..................] 25% 250 of 1000 orders, 10 orders/s, 1 min 15 s left")
    for columns in 1...100 { #expect(line.bar(columns: columns).displayWidth <= columns) }
    for (left, text) in [
      (5, "5 s"), (59, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (3660, "1 h 1 min"),
      (172_800, "2 days"),
    ] {
      #expect(ProgressLine(done: 0, total: UInt128(left), rate: 1).text.hasSuffix(", \(text) left"))
    }
    #expect(ProgressLine(done: 0, total: 9, rate: 0).text.hasSuffix("? s left"))
  }

  @Test("For people a table of rows is aligned by what they see, in a transcript by bytes")
  func tables() {
    let rows = ResultRows(
      columns: ["名前", "n"],
      rows: [[.text("漢字"), .number("1")], [.text("a\u{7}b"), .number("22")]])
    #expect(
      ResultTable(rows, isForDisplay: true).text == """
        名前   | n
        -------+--
        漢字   | 1
        a\\u{7}b|22
        (2 rows)


        """)
  }
}
