public import MuddledCore
import Testing

/// What every ``Coordinator`` must do, as checks over whatever makes handles of one store.
///
/// Run them all, on the real store, from a parameterized test:
/// ```swift
/// @Test("It does what every coordinator does", arguments: CoordinatorConformance.checks)
/// func conformance(check: CoordinatorConformance.Check) async throws {
///   try await check.run(CoordinatorConformance { batch in try MyCoordinator(batch: batch) })
/// }
/// ```
/// Each check uses batches of its own, so that all may run on one store, also at once. A check records an issue
/// for each thing that is not as it must be; it takes from milliseconds to a few seconds.
public struct CoordinatorConformance: Sendable {
  /// Makes one more handle on a batch of the store, which is new at its first handle.
  public let make: @Sendable (_ batch: String) async throws -> any Coordinator
  /// How late a wait may end, and how long anything may take that must not wait.
  public let slack: Duration

  /// Checks what `make` makes.
  ///
  /// - Parameters:
  ///   - slack: how late a wait may end, and how long anything may take that must not wait; by default 30 s, so that
  ///     a busy machine fails nothing.
  ///   - make: makes one more handle on a batch of the store; the check closes it.
  public init(
    slack: Duration = .seconds(30),
    make: @escaping @Sendable (_ batch: String) async throws -> any Coordinator
  ) {
    self.make = make
    self.slack = slack
  }

  /// Gives `count` handles on one new batch to `body`, and closes them.
  func withHandles(
    _ count: Int, _ body: ([any Coordinator]) async throws -> Void
  ) async throws {
    try await withHandles(on: Array(repeating: Self.newBatch(), count: count), body)
  }

  /// Gives a handle on each of these batches to `body`, and closes them.
  func withHandles(
    on batches: [String], _ body: ([any Coordinator]) async throws -> Void
  ) async throws {
    var handles: [any Coordinator] = []
    let outcome: Result<Void, any Error>
    do {
      for batch in batches { handles.append(try await make(batch)) }
      outcome = .success(try await body(handles))
    } catch {
      outcome = .failure(error)
    }
    for handle in handles { await handle.close() }
    try outcome.get()
  }

  static func newBatch() -> String { "batch \(UInt128.random(in: 0 ... .max))" }

  /// The records from `position` to before `end`, in as many reads as the handle needs.
  static func read(
    _ handle: any Coordinator, from position: UInt64 = 0, to end: UInt64
  ) async throws -> [LogRecord] {
    var records: [LogRecord] = []
    var next = position
    while next < end {
      let more = try await handle.records(from: next, waitingAtMost: .zero)
      guard let last = more.last else { break }
      records += more
      next = last.position + 1
    }
    return records
  }

  /// Appends `bytes` at the log's end, wherever that is, and tells where it was.
  @discardableResult
  static func append(
    _ bytes: [UInt8], to handle: any Coordinator, from start: UInt64 = 0
  ) async throws -> UInt64 {
    var position = start
    while try await handle.append(bytes, at: position) == .taken {
      let taken = try await handle.records(from: position, waitingAtMost: .zero)
      position = try #require(taken.last, "nothing stands where an append was refused").position + 1
    }
    return position
  }
}
