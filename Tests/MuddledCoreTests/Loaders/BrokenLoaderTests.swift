import MuddledCore
import MuddledTestKit
import Synchronization
import Testing

/// A loader of statements in memory, with one fault.
private final class BrokenLoader: Loader {
  enum Fault: CaseIterable {
    case reverses, sortsTexts, readsOnePage, losesLast, losesRepetitions, cutsLongTexts
    case composesLetters, foldsCase, splitsAtDelimiters, sharesPlaces, consumes, givesNothing
    case throwsAnotherError, blamesTheUser, hangs
  }

  private static let shared = Mutex<[String]>([])

  let fault: Fault
  private let statements: Mutex<[String]?>

  /// - Parameter statements: `nil` stands for a place that is not there.
  init(_ fault: Fault, _ statements: [String]?) {
    self.fault = fault
    self.statements = Mutex(statements)
    if let statements { Self.shared.withLock { $0 = statements } }
  }

  func load() async throws -> [Step] {
    let found = statements.withLock { statements in
      defer { if fault == .consumes { statements = [] } }
      return fault == .sharesPlaces ? Self.shared.withLock { $0 } : statements
    }
    guard let found else {
      switch fault {
      case .throwsAnotherError: throw CancellationError()
      case .blamesTheUser: throw MuddledError(.usage, "that place is not there")
      case .hangs:
        try await Task.sleep(for: .milliseconds(300))
        fallthrough
      default: throw MuddledError(.missingInput, "that place is not there")
      }
    }
    let steps = spoiled(found).map { Step($0) }
    guard !steps.isEmpty || fault == .givesNothing else {
      throw MuddledError(.missingInput, "there is no statement")
    }
    return steps
  }

  private func spoiled(_ statements: [String]) -> [String] {
    switch fault {
    case .reverses: statements.reversed()
    case .sortsTexts: statements.indices.sorted { "\($0)" < "\($1)" }.map { statements[$0] }
    case .readsOnePage: Array(statements.prefix(1000))
    case .losesLast: statements.count > 1 ? statements.dropLast() : statements
    case .losesRepetitions:
      statements.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    case .cutsLongTexts:
      statements.map { String(decoding: $0.utf8.prefix(65_535), as: UTF8.self) }
    // Two texts that Swift calls equal.
    case .composesLetters: statements.map { $0.replacing("e\u{301}", with: "\u{e9}") }
    case .foldsCase: statements.map { $0.uppercased() }
    case .splitsAtDelimiters: statements.flatMap { $0.split(separator: ";").map(String.init) }
    default: statements
    }
  }
}

@Suite("The loaders' conformance checks find each fault", .timeLimit(.minutes(20)))
struct BrokenLoaderTests {
  private typealias Check = @Sendable (LoaderConformance) async throws -> Void

  private static func check(for fault: BrokenLoader.Fault) -> Check {
    switch fault {
    case .reverses, .sortsTexts, .readsOnePage, .losesLast: { try await $0.sequence() }
    case .losesRepetitions: { try await $0.repetitions() }
    case .cutsLongTexts, .composesLetters, .foldsCase, .splitsAtDelimiters:
      { try await $0.anyText() }
    case .sharesPlaces: { try await $0.separateClients() }
    case .consumes: { try await $0.readsAgain() }
    case .givesNothing: { try await $0.nothingThere() }
    case .throwsAnotherError, .blamesTheUser, .hangs: { try await $0.nowhere() }
    }
  }

  @Test("A loader with this fault fails the check for it", arguments: BrokenLoader.Fault.allCases)
  private func finds(_ fault: BrokenLoader.Fault) async {
    let conformance = LoaderConformance(
      slack: .milliseconds(200), make: { BrokenLoader(fault, $0) },
      absent: { BrokenLoader(fault, nil) })
    await withKnownIssue { try await Self.check(for: fault)(conformance) }
  }
}
