/// Goes through the steps of one order in the sequence of their dispatch, and decides what is
/// reported when; the rules stand at ``TranscriptPrinter``.
struct TranscriptReport {
  private let steps: [TranscriptStep]
  private let scenario: Scenario
  private let isForDisplay: Bool
  /// For each session, the index of its step that was dispatched and is not reported.
  private var active: [Int?]
  /// For each session, how many of its notices were printed.
  private var noticeCounts: [Int]
  /// For each step, how many of its notices were printed.
  private var printedNotices: [Int]
  /// For each step, the number of notices that each session must have had; see ``Marker/notices(_:count:)``.
  private var targets: [[Int: Int]]
  /// The indices of the steps that were printed as waiting, in this sequence.
  private var waiting: [Int] = []
  private var text = ""

  init(_ steps: [TranscriptStep], scenario: Scenario, isForDisplay: Bool) {
    self.steps = steps
    self.scenario = scenario
    self.isForDisplay = isForDisplay
    active = scenario.sessions.map { _ in nil }
    noticeCounts = scenario.sessions.map { _ in 0 }
    printedNotices = steps.map { _ in 0 }
    targets = steps.map { _ in [:] }
  }

  /// What is printed for the steps, from the first to the report of the last.
  mutating func run() -> String {
    for index in steps.indices { dispatch(index) }
    let last = steps.count
    completeWaiting(after: last)
    while let index = waiting.first { force(index, after: last) }
    return text
  }

  private mutating func dispatch(_ index: Int) {
    let session = session(of: index)
    if let old = active[session] {
      // Nothing was dispatched since the last look, so that only a marker can hold it back.
      completeWaiting(after: index - 1)
      if active[session] == old { force(old, after: index - 1) }
    }
    active[session] = index
    setTargets(index)
    printNotices(of: index, after: index)
    let step = steps[index]
    let mustWait =
      step.step.markers.contains(.always) || step.wasBlocked || step.settledAfter > index
      || isHeldBack(index)
    if mustWait {
      text += head(index) + "\(scenario[step.step.step].block.text) <waiting ...>\n"
      if let remark = step.remark { text += "  \(remark)\n" }
    } else {
      text += head(index) + "\(scenario[step.step.step].block.text)\n"
      finish(index)
    }
    completeWaiting(after: index)
    if mustWait { waiting.append(index) }
    // It waited, and ended before anything else was dispatched: a time-out, or a cancellation.
    if step.wasBlocked, step.settledAfter <= index, !step.step.markers.contains(.always) {
      completeWaiting(after: index)
    }
  }

  /// Reports the waiting steps that are done and not held back.
  private mutating func completeWaiting(after dispatched: Int) {
    var mayRelease = true
    while mayRelease {
      mayRelease = false
      for index in waiting {
        if printNotices(of: index, after: dispatched) { mayRelease = true }
        guard steps[index].settledAfter <= dispatched, !isHeldBack(index) else { continue }
        complete(index)
        mayRelease = true
      }
    }
  }

  private mutating func complete(_ index: Int) {
    waiting.removeAll { $0 == index }
    if steps[index].results.contains(.cancelled) {
      text += "muddled: canceling step \(name(of: index)), as nothing else would end its wait\n"
    }
    text += head(index) + "<... completed>\n"
    finish(index)
  }

  /// Reports a step although its markers are not met.
  private mutating func force(_ index: Int, after dispatched: Int) {
    if isHeldBack(index) {
      text += "muddled: what step \(name(of: index)) is marked to wait for did not come\n"
    }
    complete(index)
    completeWaiting(after: dispatched)
  }

  private mutating func finish(_ index: Int) {
    for result in steps[index].results {
      switch result {
      case .rows(let rows): text += ResultTable(rows, isForDisplay: isForDisplay).text
      case .ok: break
      case .error(let error): text += "ERROR:  \(error.message)\n"
      case .cancelled: text += "ERROR:  canceling statement due to user request\n"
      }
    }
    active[session(of: index)] = nil
  }

  @discardableResult
  private mutating func printNotices(of index: Int, after dispatched: Int) -> Bool {
    let session = session(of: index)
    let new = steps[index].notices[printedNotices[index]...].prefix { $0.after <= dispatched }
    for notice in new { text += "\(scenario.sessions[session].name): \(notice.text)\n" }
    printedNotices[index] += new.count
    noticeCounts[session] += new.count
    return !new.isEmpty
  }

  private mutating func setTargets(_ index: Int) {
    for (place, marker) in steps[index].step.markers.enumerated() {
      guard case .notices(let other, let count) = marker else { continue }
      let (target, overflows) = noticeCounts[other.session].addingReportingOverflow(count)
      targets[index][place] = overflows ? Int.max : target
    }
  }

  private func isHeldBack(_ index: Int) -> Bool {
    steps[index].step.markers.enumerated().contains { place, marker in
      switch marker {
      case .always: false
      case .step(let other): active[other.session].map { steps[$0].step.step } == other
      case .notices(let other, _):
        noticeCounts[other.session] < targets[index][place, default: 0]
      }
    }
  }

  private func session(of index: Int) -> Int { steps[index].step.step.session }

  private func head(_ index: Int) -> String { "step \(name(of: index)): " }

  private func name(of index: Int) -> String { scenario[steps[index].step.step].name }
}
