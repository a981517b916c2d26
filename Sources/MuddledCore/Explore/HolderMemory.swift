/// Knows whom waiting steps wait for: asks the server once for each sequence of dispatches, and remembers it.
///
/// The same dispatches make the same locks, so that the answer is asked for again only now and then, to verify it.
final class HolderMemory {
  /// What one step waits for.
  struct Wait: Hashable {
    var holders: [StepWait.Holder] = []
    var mayLapse = false
  }

  /// How many answers are remembered; past that the server is asked each time.
  private static let limit = 20_000
  /// Of so many answers from memory one is verified.
  private static let verification = 64

  private let source: (any LockHolders)?
  private var waits: [Digest: Wait] = [:]
  private var recalls = 0
  /// How many dispatches an order had made when a step first waited for others than after the same dispatches
  /// before.
  private var surprise: Int?
  /// Why the server does not tell of all waits.
  private(set) var gap: String?

  init(_ database: any Database) { source = database as? any LockHolders }

  /// Whom clients wait for, all of which were just found to wait, while nothing else runs.
  ///
  /// - Parameters:
  ///   - waiting: the clients, by their index.
  ///   - dispatched: the dispatches of the order so far.
  ///   - connections: for each client, the id of its session.
  func waits(
    of waiting: [Int], after dispatched: [Slot], connections: [UInt64]
  ) async throws -> [Wait] {
    guard let source else { return waiting.map { _ in Wait() } }
    let sequence = EffectMemory.key(of: dispatched)
    let keys = waiting.map { client in
      var key = sequence
      key.update(UInt64(client))
      return key
    }
    let known = keys.compactMap { waits[$0] }
    if known.count == waiting.count {
      recalls += 1
      guard recalls % Self.verification == 0 else { return known }
    }
    let answer = try await source.lockHolders(of: waiting.map { connections[$0] })
    gap = gap ?? answer.gap
    let told = waiting.map { client in
      answer.waits[connections[client]].map { wait in
        Wait(holders: Self.holders(wait.holders, connections), mayLapse: wait.mayLapse)
      } ?? Wait()
    }
    if known.count == waiting.count, told != known { surprise = surprise ?? dispatched.count }
    for (key, wait) in zip(keys, told) {
      let isKept = mayKeep(wait) && (waits.count < Self.limit || waits[key] != nil)
      waits[key] = isKept ? wait : nil
    }
    return told
  }

  /// Whether the same dispatches will come to the same: not if somebody else has a hand in it, or if nothing was
  /// told although the server tells what it knows.
  private func mayKeep(_ wait: Wait) -> Bool {
    guard !wait.holders.isEmpty else { return gap != nil }
    return wait.holders.allSatisfy { if case .client = $0 { true } else { false } }
  }

  /// After how many dispatches a step waited for others than before, since this was last asked.
  func takeSurprise() -> Int? {
    defer { surprise = nil }
    return surprise
  }

  /// Clients by their index, and then the outsiders.
  private static func holders(_ ids: Set<UInt64>, _ connections: [UInt64]) -> [StepWait.Holder] {
    connections.indices.filter { ids.contains(connections[$0]) }.map { .client($0) }
      + ids.subtracting(connections).sorted().map { .outsider(connection: $0) }
  }
}
