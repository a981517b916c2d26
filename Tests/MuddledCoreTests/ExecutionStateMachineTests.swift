import MuddledCore
import Testing

/// Each case is a script: after the order, events and the action that each must give.
@Suite("ExecutionStateMachine")
struct ExecutionStateMachineTests {
  private func machine(_ order: String) -> ExecutionStateMachine {
    let slots = order.split(separator: " ").map { UInt8($0)! - 1 }
    return ExecutionStateMachine(order: slots, clientCount: Int(slots.max() ?? 0) + 1)
  }

  /// Runs lines such as `1 done -> dispatch 2.0` and compares every action.
  private func expect(_ order: String, _ start: String, _ lines: [String], dispatched: String) {
    var machine = machine(order)
    #expect(text(machine.action) == start)
    for line in lines {
      let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
      let client = Int(parts[0])! - 1
      let action =
        parts[1] == "done" ? machine.completed(client: client) : machine.blocked(client: client)
      #expect(text(action) == parts[3], "after \(line)")
    }
    #expect(machine.action == .finished)
    #expect(machine.dispatched.map { String($0.client + 1) }.joined(separator: " ") == dispatched)
  }

  private func text(_ action: ExecutionStateMachine.Action) -> String {
    switch action {
    case .dispatch(let client, let step): "dispatch \(client + 1).\(step)"
    case .settle(let clients): "settle " + clients.map { "\($0 + 1)" }.joined(separator: ",")
    case .stalled(let client): "stalled \(client + 1)"
    case .finished: "finished"
    }
  }

  @Test("An order without waits is dispatched as written")
  func plain() {
    expect(
      "1 2 2 1", "dispatch 1.0",
      [
        "1 done -> dispatch 2.0", "2 done -> dispatch 2.1", "2 done -> dispatch 1.1",
        "1 done -> finished",
      ], dispatched: "1 2 2 1")
  }

  @Test("A slot whose client is blocked is deferred, and runs before later slots once it is free")
  func deferred() {
    // Client 2 waits for client 1; its second step has its slot before client 1's last.
    expect(
      "1 2 2 1 1", "dispatch 1.0",
      [
        "1 done -> dispatch 2.0", "2 blocked -> dispatch 1.1", "1 done -> settle 2",
        "2 blocked -> dispatch 1.2", "1 done -> settle 2", "2 done -> dispatch 2.1",
        "2 done -> finished",
      ], dispatched: "1 2 1 1 2")
  }

  @Test(
    "Nothing is dispatched while a statement is unknown, and a reply before its cause's own is taken"
  )
  func replyOutOfTurn() {
    // The step of client 1 frees client 2, whose reply comes first.
    expect(
      "1 2 1 1", "dispatch 1.0",
      [
        "1 done -> dispatch 2.0", "2 blocked -> dispatch 1.1", "2 done -> settle 1",
        "1 done -> dispatch 1.2", "1 done -> finished",
      ], dispatched: "1 2 1 1")
  }

  @Test("A new wait makes the others unknown, as a deadlock may have ended one of them")
  func deadlock() {
    expect(
      "1 2 1 2 1 2", "dispatch 1.0",
      [
        "1 done -> dispatch 2.0", "2 done -> dispatch 1.1", "1 blocked -> dispatch 2.1",
        "2 blocked -> settle 1",
        // The server chose client 1 as its victim; client 2 gets its lock.
        "1 done -> settle 2", "2 done -> dispatch 1.2", "1 done -> dispatch 2.2",
        "2 done -> finished",
      ], dispatched: "1 2 1 2 1 2")
  }

  @Test("With only blocked clients left, the one that was blocked last is cancelled")
  func stalled() {
    expect(
      "1 2 2", "dispatch 1.0",
      [
        "1 blocked -> dispatch 2.0", "2 blocked -> settle 1", "1 blocked -> stalled 2",
        "2 done -> settle 1", "1 blocked -> dispatch 2.1", "2 done -> settle 1",
        "1 blocked -> stalled 1", "1 done -> finished",
      ], dispatched: "1 2 2")
  }

  @Test("A wait that is only confirmed makes nobody unknown, so that all come to rest")
  func threeQueue() {
    expect(
      "1 2 3 1", "dispatch 1.0",
      [
        "1 done -> dispatch 2.0", "2 blocked -> dispatch 3.0", "3 blocked -> settle 2",
        "2 blocked -> dispatch 1.1", "1 done -> settle 2,3", "3 blocked -> settle 2",
        "2 done -> settle 3", "3 done -> finished",
      ], dispatched: "1 2 3 1")
  }

  @Test("A client without steps takes no part")
  func emptyClient() {
    let machine = ExecutionStateMachine(order: [], clientCount: 2)
    #expect(machine.action == .finished)
    #expect(machine.dispatched.isEmpty)
  }

  @Test(
    "Whatever blocks and whatever replies, every step is dispatched once and in its client's sequence"
  )
  func exhaustiveWalk() {
    // Every path of answers through every order of 2 + 2 and 1 + 2 + 1 steps, with at most six waits.
    for counts in [[2, 2], [1, 2, 1]] {
      let space = try! OrderSpace(stepCounts: counts)
      for order in space.orders {
        let start = ExecutionStateMachine(order: order.slots, clientCount: counts.count)
        var paths = 0
        walk(start, counts: counts, waits: 6, paths: &paths)
        #expect(paths > 0)
      }
    }
  }

  private func walk(
    _ machine: ExecutionStateMachine, counts: [Int], waits: Int, paths: inout Int
  ) {
    switch machine.action {
    case .finished:
      paths += 1
      for client in counts.indices {
        #expect(machine.dispatched.count { $0.client == client } == counts[client])
      }
      #expect(machine.inFlight.allSatisfy { $0 == nil })
    case .dispatch, .settle, .stalled:
      for client in counts.indices {
        guard let statement = machine.inFlight[client] else { continue }
        var next = machine
        _ = next.completed(client: client)
        walk(next, counts: counts, waits: waits, paths: &paths)
        if !statement.isBlocked, waits > 0 {
          var next = machine
          _ = next.blocked(client: client)
          walk(next, counts: counts, waits: waits - 1, paths: &paths)
        }
      }
    }
  }
}
