import MuddledTestKit
import Testing

@testable import MuddledCore

/// A batch in memory: a log, nodes with copies of its state that lag behind, and chance.
///
/// Statements return at once, or wait for a lock first, as chance has it; nodes crash and come back.
private struct Simulation {
  struct Node {
    let id: String
    var registration: Registration
    var state = BatchState()
    var read = 0
    /// The statement in flight: its step, and whether this node said that it is blocked.
    var inFlight: Int?
    var isCrashed = false
    var finished: [Execution] = []
    var effects: [String] = []
  }

  var log: [[UInt8]] = []
  var nodes: [Node]
  var random: SplitMix64
  var crashesLeft: Int
  /// How many results were told as those of the last time.
  var toldInShort = 0
  let waitChance: Double

  init(steps: [Int], checks: Bool, reset: Bool, crashes: Int, waitChance: Double, seed: UInt64) {
    let ids = steps.indices.map { "\($0 + 1)" }
    nodes = steps.indices.map { index in
      Node(
        id: ids[index],
        registration: Registration(
          instance: UInt64(index), members: ids,
          steps: (0..<steps[index]).map { "SELECT \($0)" },
          reset: reset && index == steps.count - 1 ? ["DO 0"] : nil,
          checks: checks && index == 0 ? ["SELECT 'final'"] : nil, connectionID: UInt64(index)))
    }
    random = SplitMix64(seed: seed)
    crashesLeft = crashes
    self.waitChance = waitChance
  }

  /// Lets nodes act in turns that chance picks, until every one has seen the end.
  mutating func run(limit: Int = 200_000) throws -> Bool {
    for _ in 0..<limit {
      if nodes.allSatisfy({ !$0.isCrashed && $0.state.stage == .ended }) { return true }
      try act(Int.random(in: nodes.indices, using: &random))
    }
    return false
  }

  private mutating func act(_ index: Int) throws {
    if nodes[index].isCrashed { return restart(index) }
    if crashesLeft > 0, Double.random(in: 0..<1, using: &random) < 0.02 {
      crashesLeft -= 1
      nodes[index].isCrashed = true
      return
    }
    try read(index)
    guard let me = nodes[index].state.index(of: nodes[index].id), isMember(index)
    else { return register(index) }
    guard nodes[index].state.nodes[me].presence == .live else { return }
    guard let event = event(index, nodes[index].state.duty(of: me)) else { return }
    if event.isReply, isLastStep(of: me, in: nodes[index].state), Bool.random(using: &random) {
      // A session that nobody can notice is released at once.
      append(index, [event, .released(connectionID: UInt64(index))])
    } else {
      append(index, [event])
    }
  }

  private func isLastStep(of client: Int, in state: BatchState) -> Bool {
    let step = state.machine?.inFlight[client]?.step
    return step == state.nodes[client].registration.steps.count - 1
  }

  private mutating func event(_ index: Int, _ duty: BatchState.Duty) -> BatchEvent? {
    let state = nodes[index].state
    switch duty {
    case .wait: return nil
    case .open:
      // Most results are told in short since the last snapshot.
      let isSnapshotDue = Bool.random(using: &random)
      return .begin(
        rank: state.rank, attempt: state.attempt, snapshot: isSnapshotDue ? state.snapshot : nil)
    case .settle:
      if Double.random(in: 0..<1, using: &random) < waitChance { return .blocked }
      let me = state.index(of: nodes[index].id) ?? 0
      let report = StepReport(results: [.ok(affected: UInt64(me) + 10)], microseconds: 1)
      let event = state.event(for: report, of: me)
      if case .ranAlike = event { toldInShort += 1 }
      return event
    case .awaitReply:
      guard Double.random(in: 0..<1, using: &random) < 0.05 else { return nil }
      return .ran(StepReport(results: [.ok(affected: 2)], microseconds: 1))
    case .breakStall: return .ran(StepReport(results: [.cancelled], microseconds: 1))
    case .release: return .released(connectionID: UInt64(index))
    case .check: return .finished(checks: [[.ok(affected: 0)]])
    case .end: return .ended(orders: state.rank)
    }
  }

  /// Appends if the node has read all; otherwise somebody else was first, and the node has to decide anew.
  private mutating func append(_ index: Int, _ events: [BatchEvent]) {
    guard nodes[index].read == log.count else { return }
    let state = nodes[index].state
    let incarnation = state.index(of: nodes[index].id).map { state.nodes[$0].incarnation } ?? 0
    log.append(
      BatchRecord(
        node: nodes[index].id, incarnation: incarnation, rank: state.rank, attempt: state.attempt,
        events: events
      ).encoded())
  }

  private mutating func register(_ index: Int) {
    let state = nodes[index].state
    if let me = state.index(of: nodes[index].id), state.nodes[me].presence == .live {
      // The lease of the crashed process runs out; any node may say so.
      return append(index, [.lost(node: nodes[index].id, incarnation: state.nodes[me].incarnation)])
    }
    append(index, [.registered(nodes[index].registration)])
  }

  private mutating func restart(_ index: Int) {
    guard Double.random(in: 0..<1, using: &random) < 0.1 else { return }
    nodes[index].isCrashed = false
    nodes[index].state = BatchState()
    nodes[index].registration.instance += 100
    // It may find the log trimmed up to the last snapshot.
    nodes[index].read =
      log.lastIndex { bytes in
        let record = try! BatchRecord(decoding: bytes)
        return record.events.contains { if case .begin(_, _, .some) = $0 { true } else { false } }
      } ?? 0
  }

  private func isMember(_ index: Int) -> Bool {
    let state = nodes[index].state
    return state.index(of: nodes[index].id).map { state.nodes[$0].registration.instance }
      == nodes[index].registration.instance
  }

  private mutating func read(_ index: Int) throws {
    let limit = Int.random(in: 0...3, using: &random)
    for bytes in log[nodes[index].read...].prefix(limit) {
      let record = try BatchRecord(decoding: bytes)
      nodes[index].read += 1
      for effect in nodes[index].state.apply(record) {
        // As a real node does, it tells only of what happens while it takes part.
        if case .finished(let execution) = effect, isMember(index) {
          nodes[index].finished.append(execution)
        }
      }
    }
  }
}

extension BatchEvent {
  fileprivate var isReply: Bool {
    switch self {
    case .ran, .ranAlike: true
    default: false
    }
  }
}

@Suite("BatchState", .timeLimit(.minutes(20)), .sideThread)
struct BatchStateTests {
  @Test(
    "Nodes that share only a log run every order once, in sequence, and all see the same",
    arguments: [[1, 1], [2, 3], [1, 2, 2]], [0.0, 0.3])
  func everyOrder(steps: [Int], waitChance: Double) throws {
    for seed in 0..<20 as Range<UInt64> {
      var simulation = Simulation(
        steps: steps, checks: seed % 2 == 0, reset: seed % 3 == 0, crashes: 0,
        waitChance: waitChance, seed: seed)
      #expect(try simulation.run(), "seed \(seed) came to no end")
      let space = try OrderSpace(stepCounts: steps)
      for node in simulation.nodes {
        #expect(node.finished.map(\.rank) == Array(0..<space.count))
        for execution in node.finished {
          #expect(execution.order == space.unrank(execution.rank).slots)
          #expect(execution.steps.count == space.slotCount)
          if waitChance == 0 {
            #expect(!execution.isDeferred)
            let expected = execution.steps.map {
              [StatementResult.ok(affected: UInt64($0.client) + 10)]
            }
            #expect(execution.steps.map(\.results) == expected)
          }
        }
        #expect(simulation.toldInShort > 0 || space.count < 10)
        #expect(node.finished.map(\.dispatched) == simulation.nodes[0].finished.map(\.dispatched))
        #expect(node.finished.map(\.steps) == simulation.nodes[0].finished.map(\.steps))
      }
    }
  }

  @Test("Crashed nodes come back, and still every order is over exactly once")
  func crashes() throws {
    for seed in 0..<60 as Range<UInt64> {
      var simulation = Simulation(
        steps: [2, 2, 1], checks: seed % 2 == 0, reset: seed % 3 == 0, crashes: 6, waitChance: 0.2,
        seed: seed)
      #expect(try simulation.run(), "seed \(seed) came to no end")
      // Read the whole log once more: what it says is what happened.
      var state = BatchState()
      var ranks: [UInt128] = []
      for bytes in simulation.log {
        for effect in state.apply(try BatchRecord(decoding: bytes)) {
          if case .finished(let execution) = effect { ranks.append(execution.rank) }
        }
      }
      #expect(ranks == Array(0..<30))
      for node in simulation.nodes {
        #expect(node.finished.map(\.rank) == Array(Set(node.finished.map(\.rank))).sorted())
      }
    }
  }

  private func registration(
    _ instance: UInt64, members: [String], steps: [String] = ["SELECT 1"],
    reset: [String]? = nil, checks: [String]? = nil
  ) -> Registration {
    Registration(
      instance: instance, members: members, steps: steps, reset: reset, checks: checks,
      connectionID: 1)
  }

  private func record(_ node: String, _ event: BatchEvent, incarnation: UInt32 = 0) -> BatchRecord {
    BatchRecord(node: node, incarnation: incarnation, rank: 0, attempt: 0, events: [event])
  }

  @Test("Partner lists that disagree refuse the batch, and both sides are named")
  func disagreeing() {
    var state = BatchState()
    _ = state.apply(record("1", .registered(registration(1, members: ["1", "2"]))))
    _ = state.apply(record("2", .registered(registration(2, members: ["1", "2", "3"]))))
    guard case .refused(let code, let reason) = state.stage else {
      Issue.record("the batch goes on: \(state.stage)")
      return
    }
    #expect(code == .usage)
    #expect(reason.contains(#"node "1" expects the nodes "1", "2""#))
    #expect(reason.contains(#"node "2" expects "1", "2", "3""#))
  }

  @Test("Different resets, or different checks, refuse the batch")
  func differentScripts() {
    for (first, second) in [
      (
        registration(1, members: ["1", "2"], reset: ["A"]),
        registration(2, members: ["1", "2"], reset: ["B"])
      ),
      (
        registration(1, members: ["1", "2"], checks: ["A"]),
        registration(2, members: ["1", "2"], checks: [])
      ),
    ] {
      var state = BatchState()
      _ = state.apply(record("1", .registered(first)))
      _ = state.apply(record("2", .registered(second)))
      guard case .refused(.unusableInput, _) = state.stage else {
        Issue.record("the batch goes on: \(state.stage)")
        continue
      }
    }
  }

  @Test("A second live process of the same id changes nothing")
  func secondProcess() {
    var state = BatchState()
    _ = state.apply(record("1", .registered(registration(1, members: ["1", "2"]))))
    _ = state.apply(record("1", .registered(registration(9, members: ["1", "2"]))))
    #expect(state.nodes.map(\.registration.instance) == [1])
    #expect(state.nodes.map(\.incarnation) == [1])
  }

  @Test("A node that comes back with other statements is not taken in")
  func changedSteps() {
    var state = BatchState()
    _ = state.apply(record("1", .registered(registration(1, members: ["1", "2"]))))
    _ = state.apply(record("1", .left(reason: "test"), incarnation: 1))
    _ = state.apply(
      record("1", .registered(registration(2, members: ["1", "2"], steps: ["SELECT 2"]))))
    #expect(state.nodes[0].incarnation == 1)
    _ = state.apply(record("1", .registered(registration(3, members: ["1", "2"]))))
    #expect(state.nodes[0].incarnation == 2)
    #expect(state.nodes[0].presence == .live)
  }

  @Test("What an earlier incarnation says has no effect")
  func zombie() {
    var state = BatchState()
    for id in ["1", "2"] {
      _ = state.apply(record(id, .registered(registration(1, members: ["1", "2"]))))
    }
    #expect(state.stage == .preparing)
    _ = state.apply(record("1", .lost(node: "1", incarnation: 1)))
    _ = state.apply(record("1", .registered(registration(2, members: ["1", "2"]))))
    _ = state.apply(
      record("1", .begin(rank: 0, attempt: 0, snapshot: nil), incarnation: 1))
    #expect(state.stage == .preparing)
    _ = state.apply(
      record("1", .begin(rank: 0, attempt: 0, snapshot: nil), incarnation: 2))
    #expect(state.stage == .running)
  }

  @Test("A snapshot stands for the log before it only if it says how things are when it gets there")
  func snapshots() {
    for (isLost, isBack) in [(false, false), (true, false), (true, true)] {
      var state = BatchState()
      for id in ["1", "2"] {
        _ = state.apply(record(id, .registered(registration(1, members: ["1", "2"]))))
      }
      let begin = BatchEvent.begin(rank: 0, attempt: 0, snapshot: state.snapshot)
      if isLost { _ = state.apply(record("2", .lost(node: "2", incarnation: 1))) }
      if isBack {
        _ = state.apply(record("2", .registered(registration(2, members: ["1", "2"]))))
      }
      let effects = state.apply(record("1", begin, incarnation: 1))
      #expect(state.stage == (isLost && !isBack ? .preparing : .running))
      let counts = effects.contains { if case .snapshot(rank: 0) = $0 { true } else { false } }
      #expect(counts == !isLost)
    }
  }

  @Test("Clients stand by number, then by bytes, whoever registers first")
  func clientOrder() {
    let ids = ["b", "10", "9", "ä", "a", "02"]
    #expect(ids.sorted(by: ClientOrder.precedes) == ["02", "9", "10", "a", "b", "ä"])
  }
}

@Suite("RecordFraming")
struct RecordFramingTests {
  @Test("Messages of any length come back whole, with others' records between their parts")
  func roundTrip() throws {
    for length in [0, 1, 199, 200, 201, 1000, 5000] {
      let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let frames = RecordFraming.frames(for: payload, instance: 7, limit: 200)
      #expect(frames.allSatisfy { $0.count <= 200 })
      var framing = RecordFraming()
      var messages: [RecordFraming.Message] = []
      var position: UInt64 = 10
      for frame in frames {
        if let message = try framing.add(LogRecord(position: position, bytes: frame)) {
          messages.append(message)
        }
        let other = RecordFraming.frames(for: [1, 2], instance: 8)[0]
        #expect(
          try framing.add(LogRecord(position: position + 1, bytes: other))?.payload == [1, 2])
        position += 2
      }
      #expect(messages.map(\.payload) == [payload])
      #expect(messages.first?.firstPosition == 10)
    }
  }

  @Test("A message that its sender began anew, or whose beginning is gone, leaves no trace")
  func abandoned() throws {
    let frames = RecordFraming.frames(
      for: Array(repeating: 5, count: 500), instance: 7, limit: 200)
    var framing = RecordFraming()
    #expect(try framing.add(LogRecord(position: 0, bytes: frames[1])) == nil)
    #expect(try framing.add(LogRecord(position: 1, bytes: frames[0])) == nil)
    #expect(try framing.add(LogRecord(position: 2, bytes: frames[1])) == nil)
    #expect(try framing.add(LogRecord(position: 3, bytes: frames[0])) == nil)
    #expect(try framing.add(LogRecord(position: 4, bytes: frames[1])) == nil)
    var last: RecordFraming.Message?
    for (offset, frame) in frames.dropFirst(2).enumerated() {
      last = try framing.add(LogRecord(position: UInt64(5 + offset), bytes: frame))
    }
    #expect(last?.payload.count == 500)
    #expect(last?.firstPosition == 3)
  }
}
