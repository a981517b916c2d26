#if NATS
  import Foundation
  import MuddledCore
  import MuddledNATS
  import MuddledSandbox
  import Testing

  @Suite("What a batch leaves in NATS", .timeLimit(.minutes(20)), .serialized, .nats())
  struct NATSStorageTests {
    /// The folders of the server's streams.
    private func streams(_ sandbox: Sandbox) throws -> [String] {
      let folder = sandbox.folder + "/nats/jetstream/$G/streams"
      return try FileManager.default.contentsOfDirectory(atPath: folder).map { folder + "/" + $0 }
    }

    @Test("A trimmed log of 5,000 records takes less than a tenth of what was written")
    func bounded() async throws {
      let sandbox = try Sandbox.ofTest
      let node = try sandbox.node("bounded")
      let record = [UInt8](repeating: 7, count: 2000)
      for position in 0..<5000 as Range<UInt64> {
        #expect(try await node.append(record, at: position) == .appended)
        if position.isMultiple(of: 64) { try await node.trim(before: position) }
      }
      var size = 0
      for folder in try streams(sandbox) {
        for case let name as String in FileManager.default.enumerator(atPath: folder)! {
          let path = folder + "/" + name
          let facts = try? FileManager.default.attributesOfItem(atPath: path)
          size += facts?[.size] as? Int ?? 0
        }
      }
      #expect(size < 1_000_000)
      await node.close()
    }

    @Test("The stream of a batch whose messages have expired is removed by a later batch")
    func forgotten() async throws {
      let sandbox = try Sandbox.ofTest
      let old = try sandbox.node("old", options: NATSOptions(retention: .seconds(1)))
      let before = Set(try streams(sandbox))
      #expect(try await old.append([1], at: 0) == .appended)
      await old.close()
      let stream = try #require(Set(try streams(sandbox)).subtracting(before).first)
      var tries = 0
      while FileManager.default.fileExists(atPath: stream), tries < 300 {
        let next = try sandbox.node("next \(tries)")
        _ = try await next.renewLease(of: nil)
        await next.close()
        tries += 1
        try await Task.sleep(for: .milliseconds(100))
      }
      #expect(!FileManager.default.fileExists(atPath: stream))
    }
  }
#endif
