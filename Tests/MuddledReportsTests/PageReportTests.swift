import Foundation
import MuddledReports
import MuddledTestKit
import Testing

@testable import MuddledCore

@Suite("The page for a browser", .serialized, .timeLimit(.minutes(20)), .sandbox(Explored.servers))
struct PageReportTests {
  private struct TimeLine: Decodable {
    let id: String
    let boxes: [String]
    let tops: [Double]
    let hatches: [String]
    let arrows: [String]
    let results: [String]
    let command: String
  }

  private struct Focus: Decodable {
    let name: String
    let isSeen: Bool
  }

  /// The three clients of the lock queue, in all their orders, with an assertion that does not hold everywhere.
  private static func queue(_ selection: OrderSelection = .all) async throws -> ExploreSummary {
    let path = #filePath.replacing(
      "Tests/MuddledReportsTests/PageReportTests.swift", with: "Examples/lock-queue.spec")
    var scenario = try await Scenario.reading(path)
    scenario.reset = SQLBlock("REPLACE INTO counter VALUES (1, 1)")
    scenario.assertions = [
      "SELECT * FROM counter WHERE n = 30", "SELECT COUNT(*) = 1 FROM counter",
    ]
    return try await Explored.summary(of: scenario, selection: selection)
  }

  private static func open(
    _ summary: ExploreSummary, in browser: Browser, _ folder: String
  ) async throws {
    let options = ReportOptions(replayArguments: ["my file.spec"])
    try await open(ReportFormat.html.text(of: summary, options: options), in: browser, folder)
  }

  private static func open(_ page: String, in browser: Browser, _ folder: String) async throws {
    let path = folder + "/report.html"
    try page.write(toFile: path, atomically: false, encoding: .utf8)
    try await browser.load(path)
    _ = try await browser.value(Bool.self, of: Page.naming)
  }

  @Test("At 1280 and 400 pixels nothing overlaps, overflows or complains, in light and in dark")
  func layout() async throws {
    let summaries = [
      try await Self.queue(), try await Explored.summary(of: Explored.transfers()),
      try await Explored.summary(of: Explored.hostile()),
      try await Explored.summary(of: Explored.crowd(), selection: .permutations),
    ]
    try await Browser.with { browser, folder in
      for summary in summaries {
        for (width, isDark) in [(1280, false), (1280, true), (400, false), (400, true)] {
          try await browser.show(width: width, isDark: isDark)
          try await Self.open(summary, in: browser, folder)
          _ = try await browser.value(Bool.self, of: Page.openAll)
          let shown = try await browser.value(
            Int.self, of: "document.querySelectorAll('.grid').length")
          #expect(shown == summary.tally.outcomes.count)
          let overlaps = try await browser.value([String].self, of: Page.overlaps)
          #expect(overlaps == [], "\(summary.scenario.name) at \(width)")
          let overflows = try await browser.value([String].self, of: Page.overflows)
          #expect(overflows == [], "\(summary.scenario.name) at \(width)")
          // Three lanes fit everywhere; where more do not, they scroll in their frame.
          let scrolls = """
            [...document.querySelectorAll('.timeline')].some((frame) => frame.scrollWidth > frame.clientWidth + 1)
            """
          #expect(
            try await browser.value(Bool.self, of: scrolls)
              == (width == 400 && summary.scenario.clients.count > 3))
        }
      }
      #expect(browser.complaints == [])
      #expect(browser.requests.allSatisfy { $0.hasPrefix("file://") || $0.hasPrefix("data:") })
      #expect(browser.requests.count { $0.hasPrefix("file://") } == 4 * summaries.count)
    }
  }

  @Test(
    "A time line has each statement in its lane and sequence, each wait, and an arrow to each holder"
  )
  func timeLines() async throws {
    let summary = try await Self.queue(.permutations)
    #expect(
      summary.tally.outcomes.contains {
        $0.witness.steps.contains { ($0.wait?.holders.count ?? 0) > 1 }
      })
    let names = summary.scenario.clients
    try await Browser.with { browser, folder in
      for width in [1280, 400] {
        try await browser.show(width: width)
        try await Self.open(summary, in: browser, folder)
        _ = try await browser.value(Bool.self, of: Page.openAll)
        let lines = try await browser.value([TimeLine].self, of: Page.timelines)
        #expect(lines.map(\.id) == summary.sortedOutcomes.map(\.digest.short))
        for (line, outcome) in zip(lines, summary.sortedOutcomes) {
          let steps = outcome.witness.steps
          #expect(
            line.boxes
              == steps.map {
                "\(names[$0.client]) \(summary.scenario.sessions[$0.client].steps[$0.step].name)"
              })
          #expect(zip(line.tops, line.tops.dropFirst()).allSatisfy { $0 < $1 })
          let waits = steps.compactMap { step in step.wait.map { (names[step.client], $0) } }
          func holders(_ wait: StepWait) -> [String] {
            wait.holders.compactMap {
              if case .client(let client) = $0 { names[client] } else { nil }
            }
          }
          #expect(
            line.hatches
              == waits.map { "\($0) waits for \(holders($1).joined(separator: ", "))" })
          #expect(
            line.arrows == waits.flatMap { name, wait in holders(wait).map { "\(name) > \($0)" } })
          #expect(line.results.count == steps.count)
          #expect(
            line.command == "muddled replay \(summary.token(of: outcome.witness)) 'my file.spec'")
        }
      }
    }
  }

  @Test("Every control is reached by Tab alone, shows that it has the focus, and works by keyboard")
  func keyboard() async throws {
    let summary = try await Explored.summary(of: Explored.transfers())
    try await Browser.with { browser, folder in
      try await browser.show(width: 400)
      try await Self.open(summary, in: browser, folder)
      _ = try await browser.value(Bool.self, of: Page.openAll)
      let controls = try await browser.value([String].self, of: Page.controls)
      #expect(controls.count > 3 * summary.tally.outcomes.count)
      var reached: [String] = []
      for _ in controls {
        try await browser.press("Tab", code: 9)
        let focus = try await browser.value(Focus.self, of: Page.focus)
        #expect(focus.isSeen, "\(focus.name)")
        reached.append(focus.name)
      }
      #expect(reached == controls)
      // The first row is closed and opened again by its keys.
      for (key, code, text, state) in [("Enter", 13, "\r", "false"), (" ", 32, " ", "true")] {
        _ = try await browser.value(
          Bool.self, of: "(document.querySelector('.row').focus(), true)")
        try await browser.press(key, code: code, text: text)
        #expect(
          try await browser.value(
            String.self, of: "document.querySelector('.row').getAttribute('aria-expanded')")
            == state)
      }
    }
  }

  @Test("Filters and the search leave the outcomes that they name, and say how many")
  func filters() async throws {
    let cases = [
      (try await Explored.summary(of: Explored.transfers()), "deadlock"),
      (try await Self.queue(), "deferred"),
    ]
    let ids = "[...document.querySelectorAll('.id')].map((id) => id.lastChild.textContent)"
    try await Browser.with { browser, folder in
      for (summary, mark) in cases {
        let sorted = summary.sortedOutcomes
        try await Self.open(summary, in: browser, folder)
        #expect(try await browser.value([String].self, of: ids) == sorted.map(\.digest.short))
        let toggle = """
          ([...document.querySelectorAll('.filters button')].find((one) => one.textContent.startsWith('\(mark)')).click(), true)
          """
        _ = try await browser.value(Bool.self, of: toggle)
        let wanted = sorted.filter { $0.marks.contains(mark) }.map(\.digest.short)
        #expect(!wanted.isEmpty && wanted.count < sorted.count)
        #expect(try await browser.value([String].self, of: ids) == wanted)
        #expect(
          try await browser.value(String.self, of: "document.querySelector('#shown').textContent")
            == "\(wanted.count) of \(sorted.count) outcomes")
        _ = try await browser.value(Bool.self, of: toggle)
        let id = sorted[1].digest.short
        let search = """
          (() => { find.value = '\(id.uppercased())'; find.dispatchEvent(new Event('input')); return true; })()
          """
        _ = try await browser.value(Bool.self, of: search)
        #expect(try await browser.value([String].self, of: ids) == [id])
      }
    }
  }

  @Test("A screen reader finds every button named, the outcomes as a list, and each step's client")
  func screenReader() async throws {
    let summary = try await Explored.summary(of: Explored.transfers())
    try await Browser.with { browser, folder in
      try await Self.open(summary, in: browser, folder)
      _ = try await browser.value(Bool.self, of: Page.openAll)
      let nodes = try await browser.accessibleNodes()
      let controls = nodes.filter { ["button", "searchbox", "link", "region"].contains($0.role) }
      #expect(controls.allSatisfy { !$0.name.isEmpty }, "\(controls)")
      #expect(nodes.count { $0.role == "list" } >= 1 + summary.tally.outcomes.count)
      let first = summary.sortedOutcomes[0]
      #expect(
        controls.contains {
          $0.name.hasPrefix("Outcome \(first.digest.short)")
            && $0.name.contains("\(first.orders) orders")
        }, "\(controls)")
      let texts = nodes.map(\.name)
      #expect(texts.contains { $0.hasPrefix("1: client alice, step") })
    }
  }

  @Test(
    "34,650 orders with as many outcomes make a page under 5 MB that is there in 2 s, and says what it lacks"
  )
  func size() async throws {
    var spec = ""
    for client in "abc" {
      spec += "session client_\(client)\n"
      for step in 1...4 {
        spec +=
          "step \(client)\(step) { UPDATE account SET balance = balance + \(step) WHERE id = 1; }\n"
      }
    }
    let scenario = try Scenario(spec: spec, file: "many.spec", name: "many")
    let space = try scenario.orderSpace()
    var summary = ExploreSummary(scenario: scenario, orders: space.count)
    for (rank, order) in space.orders.enumerated() {
      let steps = Slot.slots(of: order.slots).enumerated().map { index, slot in
        ExecutedStep(
          client: slot.client, step: slot.step, sql: "", results: [.ok(affected: UInt64(index))],
          wasBlocked: false, settledAfter: index, microseconds: 1)
      }
      let rows = ResultRows(columns: ["rank"], rows: [[.number("\(rank)")]])
      summary.tally.add(
        Execution(
          rank: UInt128(rank), order: order.slots, dispatched: order.slots, steps: steps,
          checks: [ExecutedCheck(sql: "SELECT 1", results: [.rows(rows)])]))
    }
    #expect(summary.tally.outcomes.count == 34_650)
    let page = ReportFormat.html.text(of: summary)
    #expect(page.utf8.count < 5_000_000)
    let omitted = try #require(page.firstMatch(of: /The (\d+) rarest outcomes are left out/)?.1)
    try await Browser.with { browser, folder in
      try await browser.show(width: 1280)
      let clock = ContinuousClock()
      // Without the time in which the browser itself starts.
      try await browser.load("/dev/null")
      let duration = try await clock.measure { try await Self.open(page, in: browser, folder) }
      #expect(duration < .seconds(4), "\(duration)")
      let timing = "performance.getEntriesByType('navigation')[0].loadEventStart"
      #expect(try await browser.value(Double.self, of: timing) < 2000)
      #expect(
        try await browser.value(Int.self, of: "document.querySelectorAll('.row').length") == 100)
      #expect(
        try await browser.value(Int.self, of: "data.outcomes.length") == 34_650 - Int(omitted)!)
      _ = try await browser.value(Bool.self, of: "(more.click(), true)")
      #expect(
        try await browser.value(Int.self, of: "document.querySelectorAll('.row').length") == 200)
      #expect(browser.complaints == [])
    }
  }
}
