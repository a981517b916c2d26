import MuddledCore
import Synchronization

/// Keeps what a run reports.
final class Recorder: Reporter {
  private struct State {
    var orders: [Execution] = []
    var notices: [String] = []
    var summary: BatchSummary?
  }

  private let state = Mutex(State())

  var orders: [Execution] { state.withLock { $0.orders } }
  var notices: [String] { state.withLock { $0.notices } }
  var summary: BatchSummary? { state.withLock { $0.summary } }

  func report(_ event: RunEvent) async {
    state.withLock { state in
      switch event {
      case .notice(let text): state.notices.append(text)
      case .started, .earlierOrder, .transcript, .explored: break
      case .order(let execution): state.orders.append(execution)
      case .summary(let summary): state.summary = summary
      }
    }
  }
}
