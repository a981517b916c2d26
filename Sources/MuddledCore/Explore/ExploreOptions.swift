/// How a scenario is explored.
public struct ExploreOptions: Sendable {
  /// Which orders are run. Default: all.
  public var selection: OrderSelection = .all
  /// How many copies of the database orders are run on side by side; `nil` runs them in the database itself,
  /// one after the other. Default 1.
  public var lanes: Int? = 1
  /// Whether orders that are known to come to an execution that was run before are not run. Default: no.
  public var isDistinct = false
  /// Whether reporters get transcripts too. Default: no.
  public var wantsTranscripts = false
  /// The times and numbers that bound the run.
  public var limits = ExploreLimits()

  /// Makes the default options.
  public init() {}
}
