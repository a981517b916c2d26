import Foundation
import MuddledCore
import Testing

@Suite("muddled explore at a terminal", .timeLimit(.minutes(20)))
struct ExploreTerminalTests {
  /// Runs `muddled explore` at a terminal of its own.
  private static func run(
    _ stage: ExploreStage, columns: Int, _ arguments: String, setting: [String: String] = [:]
  ) async throws -> [String] {
    let command = "stty cols \(columns) rows 24; \(muddledProgram) explore \(arguments)"
    var all = ["MUDDLED_DB_DSN": stage.sandbox.mariaDBDSN(), "TERM": "xterm", "NO_COLOR": ""]
    all.merge(setting) { $1 }
    let run = try await ProgramRun("script", ["-qec", command, "/dev/null"], setting: all)
    #expect(run.status == .exited(0), "\(run.output)")
    return run.output.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Two clients with many results, some of them of wide characters.
  private static func scenario(_ stage: ExploreStage) throws -> String {
    try stage.file(
      "wide.spec",
      """
      setup { CREATE TABLE t (id INT PRIMARY KEY, n VARCHAR(200) CHARACTER SET utf8mb4); }
      setup { INSERT INTO t VALUES (1, '漢字と仮名の混じった長い文字列がここにあります'); }
      teardown { DROP TABLE t; }
      session a
      step a1 { UPDATE t SET n = CONCAT(n, 'é長'); }
      step a2 { SELECT * FROM t; }
      step a3 { SELECT * FROM t; }
      session b
      step b1 { UPDATE t SET n = CONCAT(n, '😀'); }
      step b2 { SELECT * FROM t; }
      step b3 { SELECT SLEEP(0.02); }

      """)
  }

  @Test(
    "Rows are as wide as the terminal at most, and coloured unless NO_COLOR says no",
    arguments: [80, 200])
  func table(columns: Int) async throws {
    try await ExploreStage.with { stage in
      let path = try Self.scenario(stage)
      let plain = try await Self.run(
        stage, columns: columns, "-q \(path)", setting: ["NO_COLOR": "1"])
      let colored = try await Self.run(stage, columns: columns, "-q \(path)")
      #expect(!plain.joined().contains("\u{1b}"))
      #expect(colored.contains { $0.contains("\u{1b}[1m") })
      let stripped = colored.map { $0.replacing(/\u{1b}\[\d+m/, with: "") }
      // The time differs, nothing else.
      #expect(stripped.count == plain.count)
      #expect(zip(stripped, plain).count { $0 != $1 } <= 1)
      #expect(plain.allSatisfy { $0.displayWidth <= columns }, "\(plain)")
      #expect(plain.contains { $0.hasSuffix("…") && $0.displayWidth >= columns - 1 }, "\(plain)")
      #expect(plain.contains { $0.contains("漢字") })
    }
  }

  @Test("A bar shows how far it is, within the terminal's width, and is gone before the table")
  func progress() async throws {
    try await ExploreStage.with { stage in
      let path = try Self.scenario(stage)
      for columns in [40, 80] {
        let output = try await Self.run(stage, columns: columns, path).joined(separator: "\n")
        let shown = output.matches(of: /\r\u{1b}\[K([^\r\n\u{1b}]+)/).map { String($0.output.1) }
        let bars = shown.filter { $0.contains("of 20 orders") }
        #expect(!bars.isEmpty, "\(output)")
        #expect(bars.allSatisfy { $0.displayWidth < columns })
        #expect(bars.allSatisfy { $0.hasPrefix("[") == (columns == 80) }, "\(bars)")
        let table = try #require(output.firstRange(of: "wide: 20 orders"))
        #expect(output[..<table.lowerBound].hasSuffix("\r\u{1b}[K"), "\(output)")
      }
    }
  }
}
