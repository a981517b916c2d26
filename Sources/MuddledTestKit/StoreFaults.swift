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

/// Checks that a load is refused with this code, in a message that has all these words and no secret.
package func expectRefusal(
  _ code: MuddledError.Code, _ words: [String], hiding secret: String, by loader: any Loader,
  sourceLocation: SourceLocation = #_sourceLocation
) async {
  let error = await muddledError(
    of: { _ = try await loader.load() }, sourceLocation: sourceLocation)
  let message = error?.message ?? ""
  #expect(error?.code == code, "\(message)", sourceLocation: sourceLocation)
  for word in words {
    #expect(message.contains(word), "\(word): \(message)", sourceLocation: sourceLocation)
  }
  #expect(!message.contains(secret), "\(message)", sourceLocation: sourceLocation)
}
