package import MuddledCore
package import Testing

extension Coordinator {
  /// Every operation that needs the store, for tests in which it is away.
  package var operations: [() async throws -> Void] {
    [
      { _ = try await append([], at: 0) },
      { _ = try await records(from: 0, waitingAtMost: .seconds(20)) },
      { _ = try await records(from: 0, waitingAtMost: .zero) },
      { _ = try await renewLease(of: "n") },
      { try await trim(before: 1) },
    ]
  }
}

/// The error that `body` throws; fails the test if it throws none of this kind.
package func muddledError(
  of body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async -> MuddledError? {
  await #expect(throws: MuddledError.self, sourceLocation: sourceLocation) { try await body() }
}
