import Foundation
import Testing

@testable import MuddledCore

@Suite("The file of events over several processes of a node")
struct EventFileReporterTests {
  /// One process of the node: what it is told from its start on, and then its summary.
  private func process(
    _ path: String, firstRank: UInt128, _ events: [RunEvent], orders: UInt128? = 6
  ) async throws {
    let reporter = try EventFileReporter(path: path)
    if orders != nil {
      let start = RunStart(clients: ["1", "2"], orders: 6, firstRank: firstRank)
      try await reporter.report(.started(start))
    }
    for event in events { try await reporter.report(event) }
    var summary = BatchSummary(batch: "b", node: "1")
    summary.orders = orders
    try await reporter.report(.summary(summary))
  }

  private func execution(_ rank: UInt128) -> Execution {
    Execution(rank: rank, order: [0, 1], dispatched: [0, 1], steps: [], checks: [])
  }

  /// What a file's lines tell, in their sequence: the rank of an order, or `nil` for a summary.
  private func ranks(in path: String) throws -> [Int?] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
      let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return event?["rank"] as? Int
    }
  }

  private func withFile(_ body: (String) async throws -> Void) async throws {
    let path = NSTemporaryDirectory() + "muddled-\(UUID().uuidString).jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
  }

  @Test("An order that a process did not learn of before its summary is added by the next")
  func addedBehindSummary() async throws {
    try await withFile { path in
      try await process(path, firstRank: 0, [0, 1].map { .order(execution($0)) })
      // One that the others never met leaves a summary too.
      try await process(path, firstRank: 0, [], orders: nil)
      let earlier = (0..<3).map { RunEvent.earlierOrder(execution($0)) }
      try await process(path, firstRank: 3, earlier + [.order(execution(3))])
      #expect(try ranks(in: path) == [0, 1, nil, nil, 2, 3, nil])
    }
  }

  @Test("Nothing is added twice, and a file without an order gets all that the log tells of")
  func addedOnce() async throws {
    let earlier = (1..<4).map { RunEvent.earlierOrder(execution($0)) }
    try await withFile { path in
      try await process(path, firstRank: 0, (0..<4).map { .order(execution($0)) })
      for _ in 0..<2 { try await process(path, firstRank: 4, earlier) }
      #expect(try ranks(in: path) == [0, 1, 2, 3, nil, nil, nil])
    }
    try await withFile { path in
      for _ in 0..<2 { try await process(path, firstRank: 4, earlier) }
      #expect(try ranks(in: path) == [1, 2, 3, nil, nil])
    }
    try await withFile { path in
      try await process(path, firstRank: 0, [], orders: nil)
      try await process(path, firstRank: 4, earlier)
      #expect(try ranks(in: path) == [nil, 1, 2, 3, nil])
    }
  }
}
