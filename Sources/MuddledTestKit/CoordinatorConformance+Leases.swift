import MuddledCore
import Testing

extension CoordinatorConformance {
  /// Batch or node ids that differ in bytes, though not for every SQL collation or text type.
  static let awkwardIDs = [
    "a", "A", "a ", " a", "á", "a\u{301}", "0", "00", "'; DROP TABLE t; --", "\"", "`", "\\",
    "%", "%s%n", "%7D", "*", "?", "[a]", "{", "}", "{a}", "a}", "a:b", "a:log", "a}:log", "a/../b",
    "$1", "$-1", "NULL", "\n", "a\tb", "a\u{0}b", "日本語", "🙂", "-", "é", "e\u{301}",
    String(repeating: "x", count: 200), String(repeating: "x", count: 199) + "y",
    String(repeating: "日", count: 66) + "ab",
    String(repeating: "{\"ä' }", count: 28),
  ]

  /// All nodes see the same leases, in the order of the ids' bytes, until these are dropped.
  package func leases() async throws {
    try await withHandles(2) { handles async throws in
      #expect(try await handles[0].renewLease(of: nil) == [])
      for node in ["2", "1", "10", "é", "z"] { _ = try await handles[0].renewLease(of: node) }
      for handle in handles {
        let leases = try await handle.renewLease(of: nil)
        #expect(leases.map(\.node) == ["1", "10", "2", "z", "é"])
        #expect(leases.allSatisfy { $0.age >= .zero && $0.age < slack })
      }
      try await handles[1].dropLease(of: "10")
      try await handles[0].dropLease(of: "10")
      try await handles[0].dropLease(of: "never there")
      #expect(try await handles[0].renewLease(of: "3").map(\.node) == ["1", "2", "3", "z", "é"])
      // A node that left may come back.
      #expect(
        try await handles[1].renewLease(of: "10").map(\.node) == ["1", "10", "2", "3", "z", "é"])
    }
  }

  /// A lease ages, though nobody looks, until its own node renews it.
  package func leaseAges() async throws {
    try await withHandles(2) { handles async throws in
      _ = try await handles[0].renewLease(of: "old")
      _ = try await handles[0].renewLease(of: "young")
      try await Task.sleep(for: .milliseconds(600))
      // Asking renews nothing.
      #expect(try await handles[1].renewLease(of: nil).count == 2)
      let asked = ContinuousClock.now
      try await Task.sleep(for: .milliseconds(600))
      let start = ContinuousClock.now
      let leases = try await handles[1].renewLease(of: "young")
      let time = ContinuousClock.now - start
      #expect(leases.map(\.node) == ["old", "young"])
      // A store may count in milliseconds.
      #expect(leases[0].age >= start - asked + .milliseconds(598))
      #expect(leases[0].age < .milliseconds(1200) + slack)
      #expect(leases[1].age <= time + .milliseconds(2))
    }
  }

  /// Two batches in one store share neither records, nor waits, nor leases, nor trims.
  package func separateBatches() async throws {
    let batches = [Self.newBatch(), Self.newBatch()]
    try await withHandles(on: batches + batches) { handles async throws in
      for number in 0..<UInt8(2) {
        for (batch, handle) in handles[..<2].enumerated() {
          #expect(try await handle.append([UInt8(batch), number], at: UInt64(number)) == .appended)
        }
      }
      _ = try await handles[0].renewLease(of: "1")
      async let waited = handles[3].records(from: 2, waitingAtMost: .milliseconds(200))
      #expect(try await handles[0].append([0, 2], at: 2) == .appended)
      try await handles[0].trim(before: 3)
      try await handles[1].dropLease(of: "1")
      #expect(try await waited == [])
      #expect(try await Self.read(handles[3], to: 2).map(\.bytes) == [[1, 0], [1, 1]])
      #expect(try await handles[2].renewLease(of: nil).map(\.node) == ["1"])
      #expect(try await handles[3].renewLease(of: nil) == [])
    }
  }

  /// Batches whose ids are hard to tell apart, or hard to quote, are batches of their own.
  package func awkwardBatchIDs() async throws {
    // Part of each id is new, so that the check can run again on the same store.
    let salt = String(UInt32.random(in: .min ... .max), radix: 36)
    let batches =
      Self.awkwardIDs.map { id in
        id.utf8.count + salt.utf8.count <= CoordinatorLimits.idBytes ? salt + id : id
      }.filter { $0.hasPrefix(salt) } + [
        Self.padded(salt + "x"), Self.padded(salt + "y"), Self.padded(salt + "日"),
      ]
    for batch in batches {
      try await withHandles(on: [batch]) { handles async throws in
        #expect(try await handles[0].append(Array(batch.utf8), at: 0) == .appended, "\(batch)")
        _ = try await handles[0].renewLease(of: batch)
      }
    }
    for batch in batches {
      try await withHandles(on: [batch]) { handles async throws in
        let id = Array(batch.utf8)
        #expect(try await Self.read(handles[0], to: 2).map(\.bytes) == [id])
        #expect(try await handles[0].renewLease(of: nil).map { Array($0.node.utf8) } == [id])
        try await handles[0].dropLease(of: batch)
        #expect(try await handles[0].renewLease(of: nil) == [])
      }
    }
  }

  /// Nodes whose ids are hard to tell apart, or hard to quote, hold leases of their own.
  package func awkwardNodeIDs() async throws {
    try await withHandles(1) { handles async throws in
      for node in Self.awkwardIDs { _ = try await handles[0].renewLease(of: node) }
      let held = try await handles[0].renewLease(of: nil).map { Array($0.node.utf8) }
      let ids = Self.awkwardIDs.map { Array($0.utf8) }
      #expect(held == ids.sorted { $0.lexicographicallyPrecedes($1) })
      for node in Self.awkwardIDs { try await handles[0].dropLease(of: node) }
      #expect(try await handles[0].renewLease(of: nil) == [])
    }
  }

  /// The longest id that starts with `text` and goes on with its last character.
  private static func padded(_ text: String) -> String {
    var id = text
    while id.utf8.count + text.suffix(1).utf8.count <= CoordinatorLimits.idBytes {
      id += text.suffix(1)
    }
    return id
  }
}
