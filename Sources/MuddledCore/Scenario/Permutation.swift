/// One order that a scenario file itself asks for.
///
/// Unlike the orders of an ``OrderSpace`` it may leave out steps, repeat them, and run those of a
/// session out of their sequence.
public struct Permutation: Hashable, Sendable {
  /// The steps in the sequence in which they are to be dispatched.
  public var steps: [PermutationStep]

  /// Makes a permutation.
  public init(steps: [PermutationStep]) { self.steps = steps }
}

/// One step of a permutation.
public struct PermutationStep: Hashable, Sendable {
  /// Which step of the scenario it is.
  public var step: StepReference
  /// What holds back the report that the step is completed, as `(…)` behind its name says.
  public var markers: [Marker]

  /// Makes a step of a permutation.
  public init(_ step: StepReference, markers: [Marker] = []) {
    self.step = step
    self.markers = markers
  }
}

/// A condition on when a transcript reports that a step is completed; what is run, and when, does
/// not depend on it.
public enum Marker: Hashable, Sendable {
  /// `(*)`: the step is always reported as waiting first, and its completion after the next
  /// dispatch at the earliest.
  case always
  /// `(other)`: its completion is not reported while the other step is not yet reported.
  case step(StepReference)
  /// `(other notices n)`: its completion is not reported before the session of the other step has
  /// had this many notices since the step was dispatched.
  case notices(StepReference, count: Int)
}
