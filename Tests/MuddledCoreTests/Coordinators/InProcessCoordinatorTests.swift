import MuddledCore
import Testing

@Suite("InProcessCoordinator", .timeLimit(.minutes(20)))
struct InProcessCoordinatorTests {
  private let clock = ManualClock()

  @Test("A lease ages by the store's clock alone")
  func leaseAges() async throws {
    let store = InProcessStore(clock: clock)
    let coordinator = try store.coordinator(batch: "b")
    _ = try await coordinator.renewLease(of: "1")
    clock.advance(by: .seconds(3600))
    let leases = try await coordinator.renewLease(of: "2")
    #expect(
      leases == [Lease(node: "1", age: .seconds(3600)), Lease(node: "2", age: .zero)])
    clock.advance(by: .milliseconds(1))
    #expect(try await coordinator.renewLease(of: "1").map(\.age) == [.zero, .milliseconds(1)])
  }

  @Test(
    "A wait ends when the store's clock reaches its deadline, and leaves no timer if it is woken")
  func deadline() async throws {
    let store = InProcessStore(clock: clock)
    let coordinator = try store.coordinator(batch: "b")
    async let waited = coordinator.records(from: 0, waitingAtMost: .seconds(10))
    while clock.sleeperCount == 0 { await Task.yield() }
    clock.advance(by: .seconds(9))
    #expect(clock.sleeperCount == 1)
    clock.advance(by: .seconds(1))
    #expect(try await waited == [])
    async let woken = coordinator.records(from: 0, waitingAtMost: .seconds(10))
    while clock.sleeperCount == 0 { await Task.yield() }
    _ = try await coordinator.append([1], at: 0)
    #expect(try await woken.map(\.bytes) == [[1]])
    while clock.sleeperCount > 0 { await Task.yield() }
  }

  @Test("A batch that nobody used for the retention is forgotten, one in use is not")
  func retention() async throws {
    let store = InProcessStore(clock: clock, retention: .seconds(100))
    for batch in ["used", "unused"] {
      _ = try await store.coordinator(batch: batch).append([1], at: 0)
    }
    clock.advance(by: .seconds(60))
    let used = try store.coordinator(batch: "used")
    _ = try await used.renewLease(of: "1")
    clock.advance(by: .seconds(60))
    let unused = try store.coordinator(batch: "unused")
    #expect(try await unused.records(from: 0, waitingAtMost: .zero) == [])
    let again = try store.coordinator(batch: "used")
    #expect(try await again.records(from: 0, waitingAtMost: .zero).map(\.bytes) == [[1]])
  }

  @Test("A trim frees the records at once")
  func trim() async throws {
    let coordinator = try InProcessStore().coordinator(batch: "b")
    for position in 0..<UInt64(3) { _ = try await coordinator.append([1], at: position) }
    try await coordinator.trim(before: 2)
    let left = try await coordinator.records(from: 0, waitingAtMost: .zero)
    #expect(left == [LogRecord(position: 2, bytes: [1])])
  }

  @Test("An id of no or of more than 200 bytes is refused", arguments: [0, 201])
  func ids(length: Int) async throws {
    let id = String(repeating: "x", count: length)
    let store = InProcessStore()
    let batch = #expect(throws: MuddledError.self) { try store.coordinator(batch: id) }
    #expect(batch?.code == .usage)
    #expect(batch?.message.hasPrefix("A batch id of \(length) bytes cannot be used") == true)
    let node = await #expect(throws: MuddledError.self) {
      try await store.coordinator(batch: "b").renewLease(of: id)
    }
    #expect(node?.message.hasPrefix("A node id of \(length) bytes cannot be used") == true)
  }

  @Test("A record past the bound, or past the log's end, is a bug of the caller")
  func callerBugs() async throws {
    let coordinator = try InProcessStore().coordinator(batch: "b")
    let long = [UInt8](repeating: 0, count: CoordinatorLimits.recordBytes + 1)
    for (record, position) in [(long, UInt64(0)), ([1], 1)] {
      let error = await #expect(throws: MuddledError.self) {
        try await coordinator.append(record, at: position)
      }
      #expect(error?.code == .internalBug)
    }
  }
}
