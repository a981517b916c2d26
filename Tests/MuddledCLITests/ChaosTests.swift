import Foundation
import Testing

/// Faults at random times. A failure's seed stands in its message; `MUDDLED_CHAOS_SEED` brings it back, as far as the
/// machine's timing allows. `make chaos` does more harm than the test suite has time for.
///
/// One after the other: the time limit of a test must not pass while it waits for its turn.
@Suite(
  "Batches whose processes and stores are killed at random", .serialized, .timeLimit(.minutes(20)))
struct ChaosTests {
  /// A number from the environment.
  private static func number(_ name: String, _ standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? standard
  }

  private static let kills = number("MUDDLED_CHAOS_KILLS", 8)
  private static let restarts = number("MUDDLED_CHAOS_RESTARTS", 3)
  private static let seed = UInt64(
    number("MUDDLED_CHAOS_SEED", Int.random(in: 0...(1 << 32))))

  private func endure(
    _ kind: StoreKind, _ size: ChaosBatch.Size,
    _ harm: @Sendable (BatchStage, ChaosBatch) async throws -> Void
  ) async throws {
    let redisArguments = ["--appendonly", "yes", "--appendfsync", "no"]
    try await BatchStage.with(
      for: kind, setup: ChaosBatch.table, redisArguments: redisArguments
    ) { stage in
      let began = ContinuousClock.now
      let batch = try await ChaosBatch(stage, kind, size, seed: Self.seed)
      do {
        try await harm(stage, batch)
        try await batch.finish()
      } catch {
        Issue.record(error, "MUDDLED_CHAOS_SEED=\(Self.seed)")
        return
      }
      let time = ContinuousClock.now - began
      let check = try ChaosCheck(stage, size)
      check.expectEveryOrder()
      let abandoned = try check.expectLog()
      let (kills, restarts, givenUp) = await (batch.kills, batch.restarts, batch.givenUp)
      let turnedAway = await batch.turnedAway
      // A kill breaks one order at most, and a server that is gone one for each of its sessions. A process says that an
      // order has ended together with the beginning of the next: the reset in between is then sent in vain as well.
      let breaks = kills + givenUp + 3 * restarts
      #expect(abandoned.orders <= breaks)
      #expect(abandoned.resets <= breaks)
      try await check.expectNothingLeft(of: kind)
      print(
        "chaos, \(kind.rawValue): \(kills) kills, \(restarts) restarts of the store, \(abandoned.orders) orders "
          + "begun again, \(abandoned.resets) resets in vain, \(givenUp) given up, \(turnedAway) turned away, "
          + "\(time.formatted()), seed \(Self.seed)"
      )
    }
  }

  @Test(
    "Every order is run once and whole, whichever process is killed and when",
    arguments: StoreKind.allCases)
  func processes(kind: StoreKind) async throws {
    try await endure(kind, .large) { _, batch in
      try await batch.befall(Array(repeating: .kill, count: Self.kills))
    }
  }

  @Test(
    "The same with a store that is killed too, and comes back with its data",
    arguments: StoreKind.allCases.filter { $0 != .sharedMemory })
  func stores(kind: StoreKind) async throws {
    let faults =
      Array(repeating: ChaosBatch.Fault.kill, count: Self.kills)
      + Array(repeating: .storeRestart, count: Self.restarts)
    try await endure(kind, Self.kills < 20 ? .small : .large) { _, batch in
      try await batch.befall(faults)
    }
  }

  @Test(
    "Two processes that slept past their lease and were replaced give up, and do no harm",
    arguments: StoreKind.allCases)
  func sleepers(kind: StoreKind) async throws {
    try await endure(kind, .small) { stage, batch in
      // A server that has just started may have numbered its sessions anew, so that none would be ended.
      let isOld = try await waitUntil {
        let uptime = try await stage.sandbox.query("SHOW GLOBAL STATUS LIKE 'Uptime'")
        return Int(uptime.filter(\.isNumber)) ?? 0 >= 5
      }
      try #require(isOld)
      try await batch.replaceSleepers()
    }
  }
}
