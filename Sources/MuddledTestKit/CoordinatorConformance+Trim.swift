import MuddledCore
import Testing

extension CoordinatorConformance {
  /// Positions go on after a trim; what was not trimmed stays, and what was stays taken.
  package func trim() async throws {
    try await withHandles(2) { handles async throws in
      for number in 0..<UInt64(10) {
        try await Self.append([UInt8(number)], to: handles[0], from: number)
      }
      try await handles[0].trim(before: 6)
      try await handles[1].trim(before: 3)
      for handle in handles {
        let kept = try await Self.read(handle, from: 6, to: 10)
        #expect(kept.map(\.bytes) == [[6], [7], [8], [9]])
        let log = try await Self.read(handle, to: 10)
        #expect(Array(log.suffix(4)) == kept)
        #expect(log.map(\.position) == Array((log.first?.position ?? 0)..<10))
        #expect(try await handle.append([99], at: 2) == .taken)
        #expect(try await handle.append([99], at: 9) == .taken)
      }
      #expect(try await handles[1].append([10], at: 10) == .appended)
      #expect(try await Self.read(handles[0], from: 9, to: 11).map(\.bytes) == [[9], [10]])
    }
  }

  /// A log that was trimmed to its very end still knows where that is.
  package func trimAll() async throws {
    try await withHandles(2) { handles async throws in
      for number in 0..<UInt64(3) {
        try await Self.append([UInt8(number)], to: handles[0], from: number)
      }
      try await handles[0].trim(before: 3)
      for position in 0..<UInt64(3) {
        #expect(try await handles[1].append([99], at: position) == .taken)
      }
      async let waited = handles[1].records(from: 3, waitingAtMost: slack)
      #expect(try await handles[0].append([3], at: 3) == .appended)
      #expect(try await waited == [LogRecord(position: 3, bytes: [3])])
      #expect(try await Self.read(handles[1], to: 4).last == LogRecord(position: 3, bytes: [3]))
    }
  }

  /// Most of what was trimmed is gone, and nobody waits for it.
  package func trimMuch() async throws {
    try await withHandles(2) { handles async throws in
      try await handles[0].trim(before: 0)
      #expect(try await handles[0].records(from: 0, waitingAtMost: .zero) == [])
      for number in 0..<UInt64(300) {
        #expect(try await handles[0].append([UInt8(number % 256)], at: number) == .appended)
      }
      try await handles[0].trim(before: 250)
      try await handles[1].trim(before: 10)
      for handle in handles {
        let log = try await Self.read(handle, to: 300)
        // A store may keep some records longer, but not for ever, and loses none that is needed.
        let first = try #require(log.first).position
        #expect(0 < first && first <= 250)
        #expect(log.map(\.position) == Array(first..<300))
        let start = ContinuousClock.now
        let waited = try await handle.records(from: 0, waitingAtMost: .seconds(60))
        #expect(waited.first?.position == first)
        #expect(ContinuousClock.now - start < slack)
      }
    }
  }
}
