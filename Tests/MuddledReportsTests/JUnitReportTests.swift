import Foundation
import FoundationXML
import MuddledCore
import MuddledReports
import MuddledTestKit
import Testing

@Suite(
  "The report for CI, in JUnit's XML", .serialized, .timeLimit(.minutes(20)),
  .sandbox(Explored.servers))
struct JUnitReportTests {
  private static let schema = #filePath.replacing("JUnitReportTests.swift", with: "junit.xsd")

  /// Checks a report against the schema, and its counts against its cases.
  private static func read(_ text: String) async throws -> XMLDocument {
    try await Explored.withFolder { folder in
      let path = folder + "/junit.xml"
      try text.write(toFile: path, atomically: false, encoding: .utf8)
      let lint = try await Explored.tool("xmllint", ["--noout", "--schema", schema, path])
      #expect(lint.succeeds, "\(lint.output)")
    }
    let document = try XMLDocument(xmlString: text)
    for (attribute, path) in [
      ("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error"),
      ("skipped", "testcase/skipped"),
    ] {
      let counted = try document.nodes(forXPath: "//testsuite/\(path)").count
      #expect(try values(document, "//testsuite/@\(attribute)") == ["\(counted)"])
    }
    return document
  }

  private static func values(_ document: XMLDocument, _ path: String) throws -> [String] {
    try document.nodes(forXPath: path).map { $0.stringValue ?? "" }
  }

  @Test("Each outcome and each assertion is a test case, and those that an assertion fails in fail")
  func cases() async throws {
    let good = "SELECT SUM(balance) = 300 FROM account"
    let bad = "SELECT balance > 99 FROM account WHERE id = 1"
    let scenario = try Explored.transfers { $0.assertions = [good, bad] }
    let summary = try await Explored.summary(of: scenario)
    let options = ReportOptions(replayArguments: ["my file.spec"], beganAt: 1_766_577_845)
    let document = try await Self.read(ReportFormat.junit.text(of: summary, options: options))
    let outcomes = summary.tally.outcomes.map { "outcome \($0.digest.short)" }
    #expect(outcomes.count >= 3)
    #expect(
      try Set(
        Self.values(document, "//testcase[@classname='muddled.transfers.outcome']/@name"))
        == Set(outcomes))
    #expect(
      try Self.values(document, "//testcase[@classname='muddled.transfers.assertion']/@name")
        == [good, bad])
    let violation = try #require(summary.violations.first)
    #expect(summary.violations.map(\.assertion) == [bad])
    #expect(
      try Set(Self.values(document, "//testcase[failure]/@name"))
        == Set([bad] + violation.places.map { "outcome \($0.witness.outcome.short)" }))
    let story = try Self.values(document, "//testcase[@name='\(bad)']/failure")[0]
    for place in violation.places {
      #expect(story.contains("muddled replay \(summary.token(of: place.witness)) 'my file.spec'"))
    }
    #expect(story.contains("step a2: UPDATE account"))
    #expect(try Self.values(document, "//testsuite/@timestamp") == ["2025-12-24T12:04:05"])
    #expect(try Self.values(document, "//property[@name='orders run']/@value") == ["70"])
  }

  @Test("What means something in XML, or must not stand in it at all, comes through")
  func hostile() async throws {
    let scenario = try Explored.hostile()
    let summary = try await Explored.summary(of: scenario)
    #expect(summary.tally.errors > 0)
    let document = try await Self.read(ReportFormat.junit.text(of: summary))
    #expect(try Self.values(document, "//testsuite/@name") == ["x <y> | `z` & \\u{1}"])
    #expect(
      try Self.values(document, "//testcase[contains(@classname, 'assertion')]/@name")
        == scenario.assertions)
    let text = try Self.values(document, "//testcase[contains(@name, '%<%')]/failure")[0]
    #expect(text.contains("</script><!--<script>|`` ]]> &amp; "), "\(text)")
    #expect(text.contains("<\u{338}"), "\(text)")
  }

  @Test("A run that was stopped is an error, and what held so far is skipped")
  func stopped() async throws {
    let scenario = try Explored.transfers { $0.assertions = ["SELECT 1"] }
    let keeper = Stopper(after: 5)
    await #expect(throws: MuddledError.self) {
      try await Explored.summary(of: scenario, reporters: [keeper])
    }
    let summary = try #require(await keeper.summary)
    let document = try await Self.read(ReportFormat.junit.text(of: summary))
    #expect(try Self.values(document, "//testcase[error]/@name") == ["every order is run"])
    #expect(try Self.values(document, "//testcase[skipped]/@name") == ["SELECT 1"])
    #expect(
      try Self.values(document, "//skipped/@message")
        == ["held in the \(summary.tally.ordersRun) of 70 orders that were run"])
  }

  @Test("A parser that CI's tools are built on reads it, and says whether something failed")
  func parser() async throws {
    for (assertion, holds) in [("SELECT 1", true), ("SELECT balance > 99 FROM account", false)] {
      let scenario = try Explored.transfers { $0.assertions = [assertion] }
      let summary = try await Explored.summary(of: scenario)
      try await Explored.withFolder { folder in
        let (written, read) = (folder + "/junit.xml", folder + "/read.xml")
        let text = ReportFormat.junit.text(of: summary)
        try text.write(toFile: written, atomically: false, encoding: .utf8)
        let verdict = try await Explored.junitParser(["verify", written])
        #expect(verdict.succeeds == holds, "\(verdict.output)")
        // Reads both, adds up what it finds, and writes that.
        let merge = try await Explored.junitParser(["merge", written, written, read])
        #expect(merge.succeeds, "\(merge.output)")
        let sum = try XMLDocument(contentsOf: URL(fileURLWithPath: read))
        for attribute in ["tests", "failures", "errors", "skipped"] {
          let own = try Self.values(XMLDocument(xmlString: text), "//testsuite/@\(attribute)")
          let twice = own.compactMap(Int.init).map { "\(2 * $0)" }
          #expect(try Self.values(sum, "/testsuites/@\(attribute)") == twice, "\(attribute)")
        }
      }
    }
  }

  @Test("The schema refuses what readers refuse: wrong places, times and names that come twice")
  func schema() async throws {
    let summary = try await Explored.summary(
      of: Explored.transfers(), selection: .ranks(0..<2))
    let text = ReportFormat.junit.text(of: summary)
    let wrong = [
      text.replacing("<system-err>", with: "<system-error>").replacing(
        "</system-err>", with: "</system-error>"),
      text.replacing(" timestamp=\"", with: " timestamp=\"x"),
      text.replacing("name=\"outcome ", with: "name=\" outcome "),
      text.replacing(" time=\"", with: " time=\"1e"),
      text.replacing("</properties>", with: "</properties><testcase/>"),
    ]
    try await Explored.withFolder { folder in
      for (index, text) in ([text] + wrong).enumerated() {
        let path = folder + "/junit.xml"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let lint = try await Explored.tool("xmllint", ["--noout", "--schema", Self.schema, path])
        #expect(lint.succeeds == (index == 0), "\(index): \(lint.output)")
      }
    }
  }
}

/// Ends an exploration after some orders, and keeps its summary.
actor Stopper: Reporter {
  private let limit: Int
  private var orders = 0
  private(set) var summary: ExploreSummary?

  init(after limit: Int) { self.limit = limit }

  func report(_ event: RunEvent) throws {
    switch event {
    case .order:
      orders += 1
      if orders == limit { throw MuddledError(.interrupted, "stopped by the test") }
    case .explored(let summary): self.summary = summary
    case .notice, .started, .earlierOrder, .transcript, .summary: break
    }
  }
}
