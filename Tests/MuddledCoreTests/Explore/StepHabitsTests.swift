import Testing

@testable import MuddledCore

@Suite("Which steps wait, as far as orders have shown")
struct StepHabitsTests {
  private let scenario = Scenario("two") {
    Client("a") {
      "BEGIN"
      "COMMIT"
    }
    Client("b") { "SELECT 1" }
  }

  @Test("A step counts as one that never waits after 16 runs without a wait, and each for itself")
  func trials() {
    var habits = StepHabits(scenario)
    let slot = Slot(client: 0, step: 1)
    for _ in 0..<15 { habits.noteRun(of: slot) }
    #expect(!habits.neverWaits(slot))
    habits.noteRun(of: slot)
    #expect(habits.neverWaits(slot))
    #expect(!habits.neverWaits(Slot(client: 0, step: 0)))
    #expect(!habits.neverWaits(Slot(client: 1, step: 0)))
  }

  @Test("A step that has waited once never counts as one that does not")
  func waited() {
    var habits = StepHabits(scenario)
    let slot = Slot(client: 1, step: 0)
    for _ in 0..<20 { habits.noteRun(of: slot) }
    habits.noteWait(of: slot)
    #expect(!habits.neverWaits(slot))
    for _ in 0..<20 { habits.noteRun(of: slot) }
    #expect(!habits.neverWaits(slot))
  }
}
