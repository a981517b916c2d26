import MuddledCore
import MuddledMariaDB
import MuddledSandbox
import MuddledTestKit
import Synchronization

/// Keeps what an exploration reports.
final class ExploreRecorder: Reporter {
  private struct State {
    var orders: [Execution] = []
    var transcript = ""
    var summary: ExploreSummary?
  }

  private let state = Mutex(State())
  private let printer: TranscriptPrinter
  private let onOrder: @Sendable (Int) -> Void

  /// Makes a recorder.
  ///
  /// - Parameter onOrder: is told after each order how many there were.
  init(_ scenario: Scenario, onOrder: @escaping @Sendable (Int) -> Void = { _ in }) {
    printer = TranscriptPrinter(scenario)
    self.onOrder = onOrder
  }

  var orders: [Execution] { state.withLock { $0.orders } }
  var transcript: String { state.withLock { $0.transcript } }
  var summary: ExploreSummary? { state.withLock { $0.summary } }

  func report(_ event: RunEvent) async {
    let count = state.withLock { state -> Int? in
      switch event {
      case .order(let execution):
        state.orders.append(execution)
        return state.orders.count
      case .transcript(let permutation): state.transcript += printer.text(of: permutation)
      case .explored(let summary): state.summary = summary
      case .notice, .started, .earlierOrder, .summary: break
      }
      return nil
    }
    if let count { onOrder(count) }
  }
}

/// Explores scenarios on the suite's server.
enum Exploring {
  /// What every suite here shares.
  static let servers = Sandbox.Options(mariaDBArguments: ["--innodb-lock-wait-timeout=2"])

  /// Runs a scenario to its end, or throws what it throws.
  // Inlined into a loop, this crashes the optimizer of Swift 6.3.1.
  @inline(never)
  @discardableResult
  static func run(
    _ scenario: Scenario, _ recorder: ExploreRecorder? = nil, user: String = "root",
    _ change: (inout ExploreOptions) -> Void = { _ in }
  ) async throws -> (summary: ExploreSummary, orders: [Execution], transcript: String) {
    let recorder = recorder ?? ExploreRecorder(scenario)
    var options = ExploreOptions()
    options.wantsTranscripts = true
    change(&options)
    let database = try database(user: user)
    let result: Result<ExploreSummary, any Error>
    do {
      result = .success(
        try await Explorer(database: database, options: options, reporters: [recorder])
          .explore(scenario))
    } catch { result = .failure(error) }
    await database.close()
    return (try result.get(), recorder.orders, recorder.transcript)
  }

  /// Runs one order, named by its steps.
  static func one(
    _ scenario: Scenario, _ order: String, user: String = "root",
    _ change: (inout ExploreOptions) -> Void = { _ in }
  ) async throws -> (order: Execution, summary: ExploreSummary) {
    let rank = try scenario.orderSpace().rank(of: scenario.order(from: order))
    let (summary, orders, _) = try await run(scenario, user: user) {
      $0.selection = .ranks(rank..<rank + 1)
      change(&$0)
    }
    guard let order = orders.first else {
      throw MuddledError(.internalBug, "the order was not reported")
    }
    return (order, summary)
  }

  /// An entrance to the suite's server.
  static func database(user: String = "root") throws -> MariaDBDatabase {
    var options = MariaDBDatabase.Options.exploring
    options.maximumConnections = 100
    var dsn = try MariaDBDSN(Sandbox.ofTest.mariaDBDSN())
    dsn.user = user
    return MariaDBDatabase(dsn, options: options)
  }

  /// The rows that a query outside every client returns, each as its values in a few words.
  static func rows(_ query: String) async throws -> [[String]] {
    let database = try database()
    let results = try await database.run([query], limit: .seconds(20))
    await database.close()
    guard case .rows(let rows)? = results.last?.last else {
      if case .error(let error)? = results.last?.last {
        throw MuddledError(.unusableInput, "\(query): \(error.message)")
      }
      return []
    }
    return rows.rows.map { $0.map(\.words) }
  }

  /// The databases of lanes that are on the server, and the sessions besides the one that asks.
  static func leftovers() async throws -> [String] {
    let databases = try await rows("SHOW DATABASES LIKE 'muddled\\_lane\\_%'").joined()
    var sessions: [[String]] = []
    // A session that was closed may show for a moment.
    for _ in 0..<100 {
      sessions = try await rows(
        "SELECT ID, DB FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() "
          + "AND COMMAND <> 'Daemon' AND USER <> 'system user'")
      if sessions.isEmpty { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    return databases + sessions.map { "session \($0)" }
  }
}

extension SQLValue {
  /// The value as people write it.
  var words: String {
    switch self {
    case .null: "NULL"
    case .number(let digits): digits
    case .text(let text): text
    case .binary(let bytes): "\(bytes.count) bytes"
    }
  }
}

extension Execution {
  /// The results of a client's step, in a few words.
  func result(_ client: Int, _ step: Int) -> String {
    steps.first { $0.client == client && $0.step == step }?.results.words ?? "not run"
  }

  /// What the first check returned.
  var final: String { checks.first?.results.words ?? "no check" }

  /// The steps as `0.0 1.0`, in the sequence of their dispatch.
  var dispatchedSteps: String { steps.map { "\($0.client).\($0.step)" }.joined(separator: " ") }

  /// Everything but the times.
  var story: [String] {
    ["\(rank)", "\(order)", "\(dispatched)", "\(outcome)", checks.map(\.results.words).joined()]
      + steps.map {
        "\($0.client).\($0.step) \($0.results.words) \($0.wasBlocked) \($0.settledAfter)"
      }
  }
}

extension [StatementResult] {
  /// The results in a few words.
  var words: String {
    map { result in
      switch result {
      case .ok(let affected): "ok \(affected)"
      case .cancelled: "cancelled"
      case .error(let error): "error \(error.code)"
      case .rows(let rows):
        rows.rows.map { $0.map(\.words).joined(separator: ",") }.joined(separator: ";")
      }
    }.joined(separator: " | ")
  }
}

extension ExploreSummary {
  /// For each outcome its id and how many orders gave it, in the sequence of the ids.
  var table: [String] {
    tally.outcomes.map { "\($0.digest) \($0.orders) \($0.hasDeferred)" }.sorted()
  }
}
