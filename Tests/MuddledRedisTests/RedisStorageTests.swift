import MuddledCore
import MuddledRedis
import MuddledSandbox
import Testing

/// One test after the other: they look at what the whole server was asked.
@Suite("What a batch leaves in Redis", .timeLimit(.minutes(20)), .serialized, .redis())
struct RedisStorageTests {
  /// A node, and a connection beside it on the same thread.
  private struct Place {
    let loop = EventLoop()
    let node: RedisCoordinator
    private let connection: RedisConnection

    init(batch: String) throws {
      let url = try Sandbox.ofTest.socketURL
      node = try RedisCoordinator(url: url, batch: batch, on: loop)
      connection = RedisConnection(to: url, options: RedisOptions(), on: loop)
    }

    func ask(_ name: String, _ arguments: String...) async throws -> RedisReply {
      var command = RedisCommand(name)
      for argument in arguments { command.add(argument) }
      let question = command
      return try await connection.perform { connection, _ in
        try await connection.exchange([question])[0]
      }
    }

    func close() async {
      await node.close()
      await connection.close()
      loop.stop()
    }
  }

  /// Gives `body` a node of a batch, and closes it.
  private func with(
    batch: String, _ body: (Place) async throws -> Void
  ) async throws {
    let place = try Place(batch: batch)
    let result: Result<Void, any Error>
    do { result = .success(try await body(place)) } catch { result = .failure(error) }
    await place.close()
    try result.get()
  }

  @Test("Its keys expire, and appends and renewals put that off")
  func expiry() async throws {
    try await with(batch: "expiry") { place in
      let week: ClosedRange<Int64> = (7 * 86_400_000 - 60_000)...(7 * 86_400_000)
      for refresh in [
        { _ = try await place.node.append([1], at: 0) },
        { _ = try await place.node.renewLease(of: "n") },
        { _ = try await place.node.append([1], at: 1) },
      ] as [() async throws -> Void] {
        try await refresh()
        for key in ["muddled:{expiry}:log", "muddled:{expiry}:state"] {
          guard case .integer(let left) = try await place.ask("PTTL", key) else {
            Issue.record("no time to live")
            continue
          }
          #expect(week.contains(left))
          _ = try await place.ask("PEXPIRE", key, "60000")
        }
      }
    }
  }

  @Test("A trimmed log of 20,000 records takes less than 100 KB")
  func bounded() async throws {
    try await with(batch: "bounded") { place in
      let record = [UInt8](repeating: 7, count: 200)
      try await withTaskExecutorPreference(place.loop) {
        for position in 0..<20_000 as Range<UInt64> {
          #expect(try await place.node.append(record, at: position) == .appended)
          if position.isMultiple(of: 64) { try await place.node.trim(before: position) }
        }
      }
      let answer = try await place.ask("MEMORY", "USAGE", "muddled:{bounded}:log")
      guard case .integer(let size) = answer else {
        Issue.record("no size")
        return
      }
      #expect(size < 100_000)
    }
  }

  @Test("Ten waits that time out and one that does not ask the server once")
  func idle() async throws {
    try await with(batch: "idle") { place in
      _ = try await place.ask("CONFIG", "RESETSTAT")
      for _ in 0..<10 {
        #expect(try await place.node.records(from: 0, waitingAtMost: .milliseconds(100)).isEmpty)
      }
      #expect(try await place.node.append([1], at: 0) == .appended)
      #expect(try await place.node.records(from: 0, waitingAtMost: .seconds(10)).count == 1)
      guard case .bytes(let bytes) = try await place.ask("INFO", "commandstats") else {
        Issue.record("no statistics")
        return
      }
      let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      #expect(lines.filter { $0.hasPrefix("cmdstat_xread:calls=1,") }.count == 1)
    }
  }

  @Test("A cancelled task still finishes its append and its lease")
  func cancelledAppend() async throws {
    try await with(batch: "cancelled") { place in
      let work = Task { [node = place.node] in
        while !Task.isCancelled { await Task.yield() }
        let result = try await node.append([1], at: 0)
        return (result, try await node.renewLease(of: "n").count)
      }
      work.cancel()
      let (result, leases) = try await work.value
      #expect(result == .appended)
      #expect(leases == 1)
    }
  }

  @Test("An id that is empty or too long is refused")
  func ids() async throws {
    let url = try RedisURL("redis://127.0.0.1:1")
    for id in ["", String(repeating: "ä", count: 101)] {
      let error = #expect(throws: MuddledError.self) { try RedisCoordinator(url: url, batch: id) }
      #expect(error?.code == .usage)
      let node = try RedisCoordinator(url: url, batch: "b")
      let refused = await #expect(throws: MuddledError.self) {
        _ = try await node.renewLease(of: id)
      }
      #expect(refused?.code == .usage)
    }
  }
}
