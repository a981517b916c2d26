import Foundation
import FoundationXML
import MuddledCore
import MuddledReports
import MuddledTestKit
import Testing

@Suite(
  "The report for a pull request, in Markdown", .serialized, .timeLimit(.minutes(20)),
  .sandbox(Explored.servers))
struct MarkdownReportTests {
  /// What GitHub's own renderer makes of a report, as XML.
  private static func render(_ text: String) async throws -> XMLDocument {
    var html = ""
    try await Explored.withFolder { folder in
      let path = folder + "/report.md"
      try text.write(toFile: path, atomically: false, encoding: .utf8)
      let rendered = try await Explored.tool("cmark-gfm", ["--unsafe", "-e", "table", path])
      #expect(rendered.succeeds)
      html = rendered.output
    }
    return try XMLDocument(xmlString: "<body>\(html)</body>")
  }

  private static func cells(_ document: XMLDocument) throws -> [[String]] {
    try document.nodes(forXPath: "//tbody/tr").map { row in
      try row.nodes(forXPath: "td").map { $0.stringValue ?? "" }
    }
  }

  @Test("The table has a row for each outcome, with its orders, marks, difference and token")
  func table() async throws {
    let scenario = try Explored.transfers {
      $0.assertions = [
        "SELECT SUM(balance) = 300 FROM account", "SELECT balance > 99 FROM account LIMIT 1",
      ]
    }
    let summary = try await Explored.summary(of: scenario)
    let options = ReportOptions(replayArguments: ["transfers.spec"])
    let document = try await Self.render(ReportFormat.markdown.text(of: summary, options: options))
    let rows = try Self.cells(document)
    let sorted = summary.sortedOutcomes
    #expect(rows.map { $0[0] } == sorted.map(\.digest.short))
    #expect(rows.map { $0[1] } == sorted.map { "\($0.orders)" })
    #expect(rows.map { $0[3] } == sorted.map { $0.marks.joined(separator: ", ") })
    #expect(rows.map { $0[5] } == sorted.map { "\(summary.token(of: $0.witness))" })
    #expect(rows.allSatisfy { $0.count == 6 })
    #expect(rows[0][4].hasPrefix("final: ("))
    let items = try document.nodes(forXPath: "//li").map { $0.stringValue ?? "" }
    let broken = try #require(summary.violations.first)
    #expect(items.count == 2)
    #expect(items[0] == "✅ SELECT SUM(balance) = 300 FROM account holds")
    #expect(items[1].hasSuffix("does not hold in \(broken.orders) orders"), "\(items)")
    let folded = try document.nodes(forXPath: "//details").map { $0.stringValue ?? "" }
    #expect(folded.count == 1)
    #expect(
      folded[0].contains(
        "muddled replay \(summary.token(of: broken.places[0].witness)) transfers.spec"))
    #expect(folded[0].contains("step a2: UPDATE account"))
  }

  @Test("Back-ticks, bars and markup of the scenario stay text")
  func hostile() async throws {
    let summary = try await Explored.summary(of: Explored.hostile())
    let document = try await Self.render(ReportFormat.markdown.text(of: summary))
    #expect(
      try document.nodes(forXPath: "//h3").first?.stringValue == "muddled: x <y> | `z` & \\u{1}")
    let rows = try Self.cells(document)
    #expect(rows.count == summary.tally.outcomes.count)
    #expect(rows.allSatisfy { $0.count == 6 })
    #expect(
      rows.contains { $0[4].contains("</script><!--<script>|`` ]]> &amp; \\u{1}\\u{b}\\u{7f}") },
      "\(rows)")
    #expect(try document.nodes(forXPath: "//script").isEmpty)
  }

  @Test("A long table is cut where it was asked to be, and says how much is missing")
  func cut() async throws {
    let summary = try await Explored.summary(of: Explored.transfers())
    let document = try await Self.render(
      ReportFormat.markdown.text(of: summary, options: ReportOptions(listedOutcomes: 2)))
    #expect(try Self.cells(document).count == 2)
    let rest = summary.tally.outcomes.count - 2
    let paragraphs = try document.nodes(forXPath: "//p").map { $0.stringValue ?? "" }
    #expect(paragraphs.contains("and \(rest) more outcomes"), "\(paragraphs)")
  }
}
