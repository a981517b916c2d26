import MuddledCore
import MuddledSharedMemory
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("The ring of records in shared memory", .timeLimit(.minutes(20)))
struct LogTests {
  @Test("A full log is said in words, and goes on once it is trimmed")
  func full() async throws {
    try await Folder.with { folder in
      let node = try await folder.coordinator()
      let record = [UInt8](repeating: 7, count: CoordinatorLimits.recordBytes)
      for position in 0..<3 as Range<UInt64> {
        #expect(try await node.append(record, at: position) == .appended)
      }
      let error = await #expect(throws: MuddledError.self) { try await node.append(record, at: 3) }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("is full: its 4 MiB hold records") == true)
      #expect(try await node.append([1], at: 3) == .appended)
      try await node.trim(before: 1)
      #expect(try await node.append(record, at: 4) == .appended)
      #expect((try await node.log().map(\.bytes) == [record, record, [1], record]) == true)
      await node.close()
    }
  }

  @Test("Records of every length go round the ring unchanged, and what was trimmed takes no memory")
  func round() async throws {
    try await Folder.with { folder in
      let nodes = [try await folder.coordinator(), try await folder.coordinator()]
      let path = folder.path + "/" + folder.files[0]
      var most = 0
      var kept: [LogRecord] = []
      for position in 0..<600 as Range<UInt64> {
        let count = Int(position * 7919 % 40_000)
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &+ Int(position)) }
        #expect(try await nodes[Int(position % 2)].append(bytes, at: position) == .appended)
        kept.append(LogRecord(position: position, bytes: bytes))
        if position % 20 == 19 {
          let read = try await nodes[Int(position / 20 % 2)].log()
          try #require((read == kept) == true, "before \(position)")
          try await nodes[0].trim(before: position - 3)
          kept = kept.suffix(4)
          var status = stat()
          #expect(stat(path, &status) == 0)
          most = max(most, Int(status.st_blocks) * 512)
        }
      }
      // 12 MB went through; the file system may count what describes the file too.
      #expect(most < 3 << 20, "\(most) bytes")
      for node in nodes { await node.close() }
    }
  }

  @Test("A reader that is behind what was trimmed gets what is left")
  func behind() async throws {
    try await Folder.with { folder in
      let nodes = [try await folder.coordinator(), try await folder.coordinator()]
      for position in 0..<10 as Range<UInt64> {
        #expect(try await nodes[0].append([UInt8(position)], at: position) == .appended)
        if position == 4 { #expect(try await nodes[1].log().count == 5) }
      }
      try await nodes[0].trim(before: 8)
      let read = try await nodes[1].records(from: 5, waitingAtMost: .zero)
      #expect(read.map(\.position) == [8, 9])
      for node in nodes { await node.close() }
    }
  }

  @Test("A position that the log has not reached is an error, as the log must have been lost")
  func lost() async throws {
    try await Folder.with { folder in
      let node = try await folder.coordinator()
      let error = await #expect(throws: MuddledError.self) {
        try await node.records(from: 1, waitingAtMost: .seconds(60))
      }
      #expect(error?.code == .unavailable)
      await node.close()
    }
  }

  @Test("A handle that is closed ends its waits")
  func closed() async throws {
    try await Folder.with { folder in
      let node = try await folder.coordinator()
      let start = ContinuousClock.now
      async let waited = node.records(from: 0, waitingAtMost: .seconds(60))
      // Long enough that it waits; the test holds if it does not.
      try await Task.sleep(for: .milliseconds(20))
      await node.close()
      #expect(try await waited == [])
      #expect(ContinuousClock.now - start < .seconds(30))
    }
  }

  @Test("The 513th node finds no place, and one who leaves makes one")
  func places() async throws {
    try await Folder.with { folder in
      let node = try await folder.coordinator()
      for number in 0..<512 { _ = try await node.renewLease(of: "\(number)") }
      let error = await #expect(throws: MuddledError.self) { try await node.renewLease(of: "x") }
      #expect(error?.message.contains("512 nodes") == true)
      try await node.dropLease(of: "100")
      #expect(try await node.renewLease(of: "x").count == 512)
      for number in 0..<512 { try await node.dropLease(of: "\(number)") }
      try await node.dropLease(of: "x")
      await node.close()
      #expect(folder.files == [])
    }
  }
}
