/// One thing that every implementation of a protocol does, for parameterized tests that run them all.
public struct ConformanceCheck<Conformance: Sendable>: Sendable, CustomStringConvertible {
  /// What is checked, as a sentence.
  public let description: String
  /// Checks it, and records an issue for whatever is not as it must be.
  public let run: @Sendable (Conformance) async throws -> Void

  init(_ description: String, _ run: @escaping @Sendable (Conformance) async throws -> Void) {
    self.description = description
    self.run = run
  }
}
