/// What a ``TranscriptPrinter`` needs to know of one order that was run.
public struct TranscriptPermutation: Hashable, Sendable {
  /// The steps in the sequence that was asked for, with their markers.
  public var order: [PermutationStep]
  /// What ran before the first step: the scenario's setup blocks, then the sessions' own, in the
  /// sessions' sequence.
  public var setup: [TranscriptBlock]
  /// The steps in the sequence in which they were dispatched.
  public var steps: [TranscriptStep]
  /// What ran after the last step: the sessions' own teardowns, then the scenario's.
  public var teardown: [TranscriptBlock]

  /// Makes the value.
  public init(
    order: [PermutationStep], setup: [TranscriptBlock] = [], steps: [TranscriptStep],
    teardown: [TranscriptBlock] = []
  ) {
    self.order = order
    self.setup = setup
    self.steps = steps
    self.teardown = teardown
  }

  /// Makes the value of an execution.
  ///
  /// A step's markers are those of its first place in the permutation that was not dispatched before.
  ///
  /// - Parameters:
  ///   - order: the steps in the sequence that was asked for, with their markers.
  ///   - execution: what happened when they were run.
  ///   - setup: see ``setup``.
  ///   - teardown: see ``teardown``.
  public init(
    order: [PermutationStep], execution: Execution, setup: [TranscriptBlock] = [],
    teardown: [TranscriptBlock] = []
  ) {
    var left = order
    let steps = execution.steps.map { executed in
      let place = StepReference(session: executed.client, step: executed.step)
      let index = left.firstIndex { $0.step == place }
      let step = index.map { left.remove(at: $0) } ?? PermutationStep(place)
      return TranscriptStep(
        step, results: executed.results, wasBlocked: executed.wasBlocked,
        settledAfter: executed.settledAfter)
    }
    self.init(order: order, setup: setup, steps: steps, teardown: teardown)
  }
}

/// One step as it went.
public struct TranscriptStep: Hashable, Sendable {
  /// The step and its markers.
  public var step: PermutationStep
  /// What its statements returned, in their sequence.
  public var results: [StatementResult]
  /// Whether it was seen to wait, while all else was quiet too.
  public var wasBlocked: Bool
  /// The index, among ``TranscriptPermutation/steps``, of the step that was dispatched last when
  /// this one was done: its own, or that of a later one. One before its own counts as its own.
  public var settledAfter: Int
  /// What its session sent beside results while it ran, in sequence.
  public var notices: [TranscriptNotice]
  /// What is said about its wait, on a line of its own under `<waiting ...>`. PostgreSQL's isolation tester says
  /// nothing there, so it has no place in a transcript that is compared with one of that.
  public var remark: String?

  /// Makes the value.
  public init(
    _ step: PermutationStep, results: [StatementResult], wasBlocked: Bool = false,
    settledAfter: Int, notices: [TranscriptNotice] = []
  ) {
    self.step = step
    self.results = results
    self.wasBlocked = wasBlocked
    self.settledAfter = settledAfter
    self.notices = notices
  }
}

/// A message that a server sent beside the results, as PostgreSQL's `NOTICE` is.
public struct TranscriptNotice: Hashable, Sendable {
  /// The message with its kind, such as `NOTICE:  done`.
  public var text: String
  /// The index, among ``TranscriptPermutation/steps``, of the step that was dispatched last when it
  /// came.
  public var after: Int

  /// Makes the value.
  public init(_ text: String, after: Int) {
    self.text = text
    self.after = after
  }
}

/// A setup or a teardown as it went.
public struct TranscriptBlock: Hashable, Sendable {
  /// The index of the session that it belongs to; `nil` for the scenario's own.
  public var session: Int?
  /// What its statements returned, in their sequence.
  public var results: [StatementResult]

  /// Makes the value.
  public init(session: Int? = nil, results: [StatementResult]) {
    self.session = session
    self.results = results
  }
}
