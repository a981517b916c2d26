import MuddledCore
import Testing

@testable import MuddledSharedMemory

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The processes that die here are real ones: exit tests run in a process of their own.
@Suite("A process that is killed over shared memory", .timeLimit(.minutes(20)))
struct CrashTests {
  @Test("One that is killed with the mutex in its hands hangs nobody and leaves the log whole")
  func killedWithMutex() async throws {
    try await Folder.with { folder in
      let nodes = [try await folder.coordinator(), try await folder.coordinator()]
      _ = try await nodes[0].renewLease(of: "1")
      _ = try await nodes[0].append([1], at: 0)
      async let waited = nodes[1].records(from: 1, waitingAtMost: .seconds(60))
      await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as Folder] in
        let place = try MeetingPlace(name: "test", folder: folder.path)
        let file = try await BatchFile.open(
          place, batch: "b", options: SharedMemoryOptions(folder: folder.path))
        try file.locked {
          // As far as an append goes before it counts, but for the last store.
          _ = try file.write([2, 2, 2], at: 1, behind: file.header.extent)
          file.header.prepare(
            BatchHeader.Extent(firstPosition: 9, head: 9, endPosition: 9, tail: 9))
          // And as far as a lease.
          file.header.prepareLease(of: Array("2".utf8), at: 0, place: 1)
          kill(getpid(), SIGKILL)
        }
      }
      #expect(try await nodes[0].log() == [LogRecord(position: 0, bytes: [1])])
      #expect(try await nodes[0].renewLease(of: nil).map(\.node) == ["1"])
      #expect(try await nodes[0].append([3], at: 1) == .appended)
      #expect(try await waited.map(\.bytes) == [[3]])
      for node in nodes { await node.close() }
    }
  }

  @Test("The file of a batch whose processes were all killed is known by its lease, and goes on")
  func allKilled() async throws {
    try await Folder.with { folder in
      for (number, hasLease) in [(UInt8(1), true), (2, true), (3, false), (4, true)] {
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [folder = folder as Folder, number = number as UInt8, hasLease = hasLease as Bool] in
          let node = try await folder.coordinator()
          try await node.append([number])
          if hasLease {
            _ = try await node.renewLease(of: "node")
          } else {
            try await node.dropLease(of: "node")
          }
          kill(getpid(), SIGKILL)
        }
        #expect(folder.files.count == 1)
      }
      // The third left nothing that anybody could come back for.
      let node = try await folder.coordinator()
      #expect(try await node.log().map(\.bytes) == [[4]])
      let leases = try await node.renewLease(of: nil)
      #expect(leases.map(\.node) == ["node"])
      let age = try #require(leases.first).age
      #expect(try await node.renewLease(of: nil)[0].age > age)
      try await node.dropLease(of: "node")
      await node.close()
      #expect(folder.files == [])
    }
  }

  @Test(
    "Writers that are killed at any moment leave a log without a gap, and nobody waits for them")
  func killedAtAnyMoment() async throws {
    try await Folder.with { folder in
      let node = try await folder.coordinator { $0.capacity = 64 << 20 }
      _ = try await node.renewLease(of: "watcher")
      for delay in 0..<12 {
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [folder = folder as Folder, delay = delay as Int] in
          let writer = try await folder.coordinator()
          let files = EventLoop()
          Task(executorPreference: files) {
            await files.sleep(for: .microseconds(300 + 731 * delay))
            kill(getpid(), SIGKILL)
          }
          var position = try await writer.log().last.map { $0.position + 1 } ?? 0
          while true {
            let bytes = [UInt8](repeating: UInt8(position % 251), count: Int(position % 5000))
            if try await writer.append(bytes, at: position) == .appended {
              _ = try await writer.renewLease(of: "\(position % 7)")
              try await writer.dropLease(of: "\(position % 7)")
            }
            if position % 64 == 63 { try await writer.trim(before: position - 32) }
            position += 1
          }
        }
        let log = try await node.log()
        let first = log.first?.position ?? 0
        #expect(log.map(\.position) == Array(first..<first + UInt64(log.count)))
        let isWhole = log.allSatisfy { record in
          record.bytes.count == Int(record.position % 5000)
            && record.bytes.allSatisfy { $0 == UInt8(record.position % 251) }
        }
        #expect(isWhole)
        #expect(try await node.renewLease(of: nil).contains { $0.node == "watcher" })
      }
      #expect(try await !node.log().isEmpty)
      await node.close()
    }
  }

  @Test("A process that is killed in its sleep keeps no wake-up from the others")
  func killedAsleep() async throws {
    try await Folder.with { folder in
      let nodes = [try await folder.coordinator(), try await folder.coordinator()]
      _ = try await nodes[0].renewLease(of: "1")
      for position in 0..<3 as Range<UInt64> {
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [folder = folder as Folder, position = position as UInt64] in
          let sleeper = try await folder.coordinator()
          async let wait = sleeper.records(from: position, waitingAtMost: .seconds(60))
          // Long enough to sleep; the test holds if it does not.
          try await Task.sleep(for: .milliseconds(20))
          kill(getpid(), SIGKILL)
          _ = try await wait
        }
        async let waited = nodes[1].records(from: position, waitingAtMost: .seconds(60))
        try await Task.sleep(for: .milliseconds(5))
        let start = ContinuousClock.now
        #expect(try await nodes[0].append([UInt8(position)], at: position) == .appended)
        #expect(try await waited.count == 1)
        #expect(ContinuousClock.now - start < .seconds(30))
      }
      for node in nodes { await node.close() }
    }
  }
}
