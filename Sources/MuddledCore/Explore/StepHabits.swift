/// Which steps have waited for a lock in some order, so that the others are not asked about too soon.
///
/// This is for speed alone: a step that waits for the first time is found to wait a little later than others.
struct StepHabits {
  /// For each client, for each step: how often it was run without a wait; `nil` once it has waited.
  private var runs: [[Int?]]

  /// After so many runs without a wait a step counts as one that never waits.
  private static let trials = 16

  init(_ scenario: Scenario) { runs = scenario.sessions.map { $0.steps.map { _ in 0 } } }

  func neverWaits(_ slot: Slot) -> Bool { (runs[slot.client][slot.step] ?? 0) >= Self.trials }

  mutating func noteRun(of slot: Slot) {
    if let count = runs[slot.client][slot.step], count < Self.trials {
      runs[slot.client][slot.step] = count + 1
    }
  }

  mutating func noteWait(of slot: Slot) { runs[slot.client][slot.step] = nil }
}
