/// What one lane saw when it ran an order.
struct LaneRun: Sendable {
  /// The slots in the sequence in which they were dispatched.
  var dispatched: [Slot] = []
  /// The steps in that sequence.
  var steps: [ExecutedStep] = []
  /// What the scenario's and the sessions' setups returned.
  var setup: [TranscriptBlock] = []
  var teardown: [TranscriptBlock] = []
  var checks: [ExecutedCheck] = []
  /// What each assertion returned.
  var assertions: [ExecutedCheck] = []
  /// What each dispatch did, as far as it was seen before the next one: equal prefixes of dispatches must
  /// have equal effects.
  var effects: [Digest] = []
  /// After how many dispatches a step waited for others than after the same dispatches in an earlier order.
  var holderSurprise: Int?
}
