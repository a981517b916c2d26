import MuddledCore
import Testing

extension CoordinatorConformance {
  /// However many handles try, one wins each position, and all then read the winner's record.
  package func oneWinnerPerPosition() async throws {
    try await withHandles(6) { handles async throws in
      for position in 0..<UInt64(20) {
        let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
          for (index, handle) in handles.enumerated() {
            group.addTask {
              let result = try await handle.append([UInt8(index)], at: position)
              return result == .appended ? UInt8(index) : nil
            }
          }
          return try await group.reduce(into: [UInt8]()) { if let index = $1 { $0.append(index) } }
        }
        try #require(winners.count == 1, "position \(position) was won by \(winners)")
        for handle in handles {
          let read = try await Self.read(handle, from: position, to: position + 1)
          #expect(read == [LogRecord(position: position, bytes: winners)])
        }
      }
    }
  }

  /// Records of concurrent writers stand without gaps, each once, each writer's in its own sequence.
  package func noGaps() async throws {
    let (writers, each) = (8, 25)
    try await withHandles(writers) { handles async throws in
      let won = try await withThrowingTaskGroup(of: [LogRecord].self) { group in
        for (writer, handle) in handles.enumerated() {
          group.addTask { try await Self.write(each, as: UInt8(writer), to: handle) }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      let end = UInt64(writers * each)
      let log = try await Self.read(handles[0], to: end)
      #expect(log.map(\.position) == Array(0..<end))
      // What stands at a position is what its writer was told.
      #expect(won.sorted { $0.position < $1.position } == log)
      for writer in 0..<writers {
        let numbers = log.map(\.bytes).filter { Int($0[0]) == writer }.map { Int($0[1]) }
        #expect(numbers == Array(0..<each), "writer \(writer)")
      }
      for handle in handles { #expect(try await Self.read(handle, to: end) == log) }
      #expect(try await handles[0].records(from: end, waitingAtMost: .zero) == [])
    }
  }

  /// Appends so many records of one writer, and tells where each one went.
  private static func write(
    _ count: Int, as writer: UInt8, to handle: any Coordinator
  ) async throws -> [LogRecord] {
    var won: [LogRecord] = []
    for number in 0..<count {
      let bytes = [writer, UInt8(number)]
      let next = won.last.map { $0.position + 1 } ?? 0
      let position = try await append(bytes, to: handle, from: next)
      won.append(LogRecord(position: position, bytes: bytes))
    }
    return won
  }

  /// A read from any position gives the records from there on.
  package func readsFromTheMiddle() async throws {
    try await withHandles(2) { handles async throws in
      let log = (0..<UInt64(12)).map { LogRecord(position: $0, bytes: [UInt8($0)]) }
      for record in log {
        #expect(try await handles[0].append(record.bytes, at: record.position) == .appended)
        #expect(try await handles[1].append([99], at: record.position) == .taken)
      }
      for position in 0..<UInt64(12) {
        let read = try await Self.read(handles[1], from: position, to: 12)
        #expect(read == Array(log[Int(position)...]))
      }
    }
  }

  /// What would leave a gap is not stored, however the store says so.
  package func noAppendPastTheEnd() async throws {
    try await withHandles(1) { handles async throws in
      #expect(try await handles[0].append([0], at: 0) == .appended)
      let result = try? await handles[0].append([2], at: 2)
      #expect(result != .appended)
      #expect(try await Self.read(handles[0], to: 3).map(\.bytes) == [[0]])
      #expect(try await handles[0].append([1], at: 1) == .appended)
    }
  }

  /// Records of any bytes and any length up to the bound come back unchanged, also side by side.
  package func anyBytes() async throws {
    var random = SystemRandomNumberGenerator()
    let long = (0..<CoordinatorLimits.recordBytes).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    var records: [[UInt8]] = [
      [], [0], Array("'\"`\\%s%\r\n\0{}$1".utf8), Array("\r\n*3\r\n$-1\r\n".utf8), Array(0...255),
      [],
      Array("é日本🙂".utf8), [0xff, 0xfe, 0xc3],
      (0..<70_000).map { _ in UInt8.random(in: .min ... .max, using: &random) },
    ]
    // Lengths about which a store may change its mind, and more of the longest than one reply may hold.
    for count in [255, 1023, 1024, 1025, 65_535, 65_536, 65_537] {
      records.append(Array(long[..<count]))
    }
    records += [long, [], long, long, long, long, long, [1]]
    try await withHandles(2) { handles async throws in
      for (position, bytes) in records.enumerated() {
        #expect(try await handles[0].append(bytes, at: UInt64(position)) == .appended)
      }
      let read = try await Self.read(handles[1], to: UInt64(records.count)).map(\.bytes)
      // Compared as one truth: a megabyte is no message.
      #expect((read == records) == true, "lengths read: \(read.map(\.count))")
    }
  }
}
