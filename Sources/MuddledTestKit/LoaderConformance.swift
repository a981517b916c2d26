public import MuddledCore
import Testing

/// What every ``Loader`` must do, as checks over whatever makes loaders of one store.
///
/// Run them all, on the real store, from a parameterized test:
/// ```swift
/// @Test("It does what every loader does", arguments: LoaderConformance.checks)
/// func conformance(check: LoaderConformance.Check) async throws {
///   try await check.run(
///     LoaderConformance(
///       make: { statements in try await MyLoader(place: fillNewPlace(with: statements)) },
///       absent: { MyLoader(place: "nowhere") }))
/// }
/// ```
/// Each check fills places of its own, so that all may run on one store, also at once.
public struct LoaderConformance: Sendable {
  /// One thing that every loader does.
  public typealias Check = ConformanceCheck<LoaderConformance>

  /// Stores a client's statements at a new place, and makes a loader of it.
  public let make: @Sendable (_ statements: [String]) async throws -> any Loader
  /// Makes a loader of a place that is not there.
  public let absent: @Sendable () async throws -> any Loader
  /// Whether a place can be read again.
  public let isRepeatable: Bool
  /// How long a load may take at most.
  public let slack: Duration

  /// Checks what `make` and `absent` make.
  ///
  /// - Parameters:
  ///   - isRepeatable: whether a place can be read again; only standard input and its like can not.
  ///   - slack: how long a load may take at most; by default 10 s.
  ///   - make: stores a client's statements, which may be none, at a new place of the store, and makes a loader of it. A
  ///     store of single statements gets each as it is; one of text gets a delimiter after each.
  ///   - absent: makes a loader of a place that is not there.
  public init(
    isRepeatable: Bool = true, slack: Duration = .seconds(10),
    make: @escaping @Sendable (_ statements: [String]) async throws -> any Loader,
    absent: @escaping @Sendable () async throws -> any Loader
  ) {
    self.isRepeatable = isRepeatable
    self.slack = slack
    self.make = make
    self.absent = absent
  }

  /// Everything that a loader is checked for.
  public static let checks: [Check] = [
    Check("Statements come back in their sequence, however many there are") {
      try await $0.sequence()
    },
    Check("Statements that are the same are steps of their own") { try await $0.repetitions() },
    Check("Statements of any text and length come back unchanged") { try await $0.anyText() },
    Check("Clients get only their own statements, also at once") { try await $0.separateClients() },
    Check("What was read can be read again") { try await $0.readsAgain() },
    Check("A place without statements is refused") { try await $0.nothingThere() },
    Check("A place that is not there is refused, soon") { try await $0.nowhere() },
  ]
}

extension LoaderConformance {
  /// So many statements that sorting them as texts, or reading them in parts, shows.
  package func sequence() async throws {
    for count in [1, 12, 1234] {
      let statements = (0..<count).map { "SELECT \((count - $0) * 7 % 1231)" }
      let steps = try await load(try await make(statements))
      // Compared as one truth: the lists are long.
      #expect((steps.map(\.sql) == statements) == true, "\(count) statements gave \(steps.count)")
    }
  }

  /// A set of statements would not do.
  package func repetitions() async throws {
    let statements = ["BEGIN", "SELECT 1", "SELECT 1", "COMMIT", "BEGIN", "SELECT 1", "COMMIT"]
    #expect(try await load(try await make(statements)) == statements.map { Step($0) })
  }

  /// What a store, or the way to it, may take for something else.
  package func anyText() async throws {
    let long = String(repeating: "0123456789é日🙂", count: 10_000)
    let statements = [
      "SELECT 'it''s', \"a \"\"b\"\"\", `c``d`", "SELECT 'a;b' -- not the end;\n, 2",
      "SELECT /* ; */ 1\n\n  FROM t\n WHERE a = 'x\ty'", "SELECT 'Zoë 日本 🙂 e\u{301} \u{e9}'",
      "SELECT '%s %n %% $1 ? :a {id} \\\\ \\' \\0 NULL'",
      "UPDATE t SET a = a + 1 # why not\nLIMIT 1",
      "SELECT '\(long)'", "select 'Case', '  spaces  '", "COMMIT",
    ]
    let steps = try await load(try await make(statements))
    try #require(steps.count == statements.count)
    for (step, statement) in zip(steps, statements) {
      #expect((step.sql.utf8.elementsEqual(statement.utf8)) == true, "\(statement.prefix(60))")
    }
  }

  /// Each of several places keeps what is its own.
  package func separateClients() async throws {
    let clients = (0..<4).map { client in (0...client).map { "SELECT \(client), \($0)" } }
    var loaders: [any Loader] = []
    for statements in clients { loaders.append(try await make(statements)) }
    let loaded = try await withThrowingTaskGroup(of: (Int, [Step]).self) { group in
      for (client, loader) in loaders.enumerated() {
        group.addTask { (client, try await load(loader)) }
      }
      return try await group.reduce(into: Array(repeating: [Step](), count: clients.count)) {
        $0[$1.0] = $1.1
      }
    }
    #expect(loaded.map { $0.map(\.sql) } == clients)
  }

  /// A process that died and was started again must find what it found before.
  package func readsAgain() async throws {
    guard isRepeatable else { return }
    let statements = ["BEGIN", "SELECT 1", "COMMIT"]
    let loader = try await make(statements)
    for _ in 0..<3 { #expect(try await load(loader).map(\.sql) == statements) }
  }

  /// No statement is no empty list, but an error.
  package func nothingThere() async throws {
    await expectRefusal(by: try await make([]), codes: [.missingInput, .unusableInput])
  }

  /// Whoever mistypes a place is told so in a sentence.
  package func nowhere() async throws {
    await expectRefusal(by: try await absent(), codes: [.missingInput, .unavailable])
  }

  private func expectRefusal(by loader: any Loader, codes: [MuddledError.Code]) async {
    do {
      let steps = try await load(loader)
      Issue.record("nothing was there, and these steps were loaded: \(steps.prefix(5))")
    } catch let error as MuddledError {
      #expect(codes.contains(error.code), "\(error)")
      #expect(error.message.contains(" ") && !error.message.contains("\n"), "\(error)")
    } catch {
      Issue.record("a loader throws MuddledError, not \(error)")
    }
  }

  private func load(_ loader: any Loader) async throws -> [Step] {
    let start = ContinuousClock.now
    defer { #expect(ContinuousClock.now - start < slack, "a load took too long") }
    return try await loader.load()
  }
}
