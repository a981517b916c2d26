import MuddledCore
import Testing

extension CoordinatorConformance {
  /// Every waiting handle gets the record that it waits for, long before its deadline.
  package func waitersWake() async throws {
    try await withHandles(4) { handles async throws in
      for position in 0..<UInt64(20) {
        let start = ContinuousClock.now
        let wanted = [LogRecord(position: position, bytes: [UInt8(position)])]
        try await withThrowingTaskGroup(of: [LogRecord].self) { group in
          for handle in handles.dropFirst() {
            group.addTask { try await handle.records(from: position, waitingAtMost: .seconds(60)) }
          }
          // Every other time long enough that most of them wait; the check holds if they do not.
          if position.isMultiple(of: 2) { try await Task.sleep(for: .milliseconds(10)) }
          #expect(try await handles[0].append([UInt8(position)], at: position) == .appended)
          for try await records in group { #expect(records == wanted) }
        }
        #expect(ContinuousClock.now - start < slack)
      }
    }
  }

  /// A wait for nothing ends at its deadline, neither before nor much later; one of zero at once.
  package func deadlines() async throws {
    try await withHandles(1) { handles async throws in
      for limit in [Duration.zero, .milliseconds(1), .milliseconds(150), .milliseconds(1100)] {
        let start = ContinuousClock.now
        let records = try await handles[0].records(from: 0, waitingAtMost: limit)
        let time = ContinuousClock.now - start
        #expect(records == [])
        #expect(time >= limit, "a wait of \(limit) ended after \(time)")
        #expect(time < limit + slack, "a wait of \(limit) ended after \(time)")
      }
      // A record before the position that is waited for ends no wait.
      #expect(try await handles[0].append([0], at: 0) == .appended)
      #expect(try await handles[0].records(from: 1, waitingAtMost: .milliseconds(100)) == [])
    }
  }

  /// A wait that timed out neither stands in the way of a later one, nor is any answered twice.
  package func waitsAfterTimeouts() async throws {
    try await withHandles(2) { handles async throws in
      for limit in [Duration.milliseconds(1), .milliseconds(3)] {
        #expect(try await handles[0].records(from: 0, waitingAtMost: limit) == [])
      }
      for position in 0..<UInt64(4) {
        let record = LogRecord(position: position, bytes: [UInt8(position)])
        let appender = handles[Int(position % 2)]
        #expect(try await appender.append(record.bytes, at: position) == .appended)
        #expect(try await handles[0].records(from: position, waitingAtMost: slack) == [record])
        let nothing = try await handles[0].records(
          from: position + 1, waitingAtMost: .milliseconds(2))
        #expect(nothing == [])
      }
      let again = try await handles[0].records(from: 0, waitingAtMost: slack)
      #expect(again.map(\.position) == Array(0..<4))
    }
  }

  /// A cancelled wait ends at once with nothing, whenever that is, and its handle goes on.
  package func cancellation() async throws {
    try await withHandles(2) { handles async throws in
      for round in 0..<UInt64(10) {
        let wait = Task { try await handles[0].records(from: round, waitingAtMost: .seconds(60)) }
        // From before the wait has begun to when it has stood for a while.
        if round > 0 { try await Task.sleep(for: .milliseconds(round * round / 2)) }
        let start = ContinuousClock.now
        wait.cancel()
        #expect(try await wait.value == [])
        try #require(ContinuousClock.now - start < slack)
        #expect(try await handles[1].append([UInt8(round)], at: round) == .appended)
        let read = try await handles[0].records(from: round, waitingAtMost: slack)
        #expect(read == [LogRecord(position: round, bytes: [UInt8(round)])])
      }
      let start = ContinuousClock.now
      let early = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await handles[0].records(from: 10, waitingAtMost: .seconds(60))
      }
      #expect(try await early.value == [])
      #expect(ContinuousClock.now - start < slack)
    }
  }

  /// A handle may wait several times at once, and each wait gets what it waits for.
  package func manyWaitsOfOneHandle() async throws {
    try await withHandles(2) { handles async throws in
      let start = ContinuousClock.now
      async let first = handles[0].records(from: 0, waitingAtMost: .seconds(60))
      async let second = handles[0].records(from: 0, waitingAtMost: .seconds(60))
      try await Task.sleep(for: .milliseconds(20))
      #expect(try await handles[1].append([7], at: 0) == .appended)
      let record = LogRecord(position: 0, bytes: [7])
      #expect(try await [first, second] == [[record], [record]])
      #expect(ContinuousClock.now - start < slack)
    }
  }

  /// A handle that waits can append, and wakes itself.
  package func appendDuringWait() async throws {
    try await withHandles(1) { handles async throws in
      let start = ContinuousClock.now
      async let waited = handles[0].records(from: 0, waitingAtMost: .seconds(60))
      try await Task.sleep(for: .milliseconds(20))
      #expect(try await handles[0].append([1], at: 0) == .appended)
      _ = try await handles[0].renewLease(of: "node")
      #expect(try await waited == [LogRecord(position: 0, bytes: [1])])
      #expect(ContinuousClock.now - start < slack)
    }
  }
}
