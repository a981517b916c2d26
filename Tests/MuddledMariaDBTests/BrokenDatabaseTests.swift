import MuddledTestKit
import Testing

@Suite(
  "The databases' conformance checks find each fault", .timeLimit(.minutes(20)), .serialized,
  .mariaDB("--innodb-lock-wait-timeout=8"))
struct BrokenDatabaseTests {
  private typealias Check = @Sendable (DatabaseConformance) async throws -> Void

  private static func check(for fault: BrokenDatabase.Fault) -> Check {
    switch fault {
    case .sharesSession: { try await $0.separateSessions() }
    case .throwsErrors, .writesNullAsText, .losesCounts, .losesColumns: { try await $0.results() }
    case .goesOnAfterError, .callsBackTwice, .callsBackElsewhere, .neverCallsBack:
      { try await $0.lists() }
    case .resetDoesNothing, .resetReconnects, .resetKeepsLocks: { try await $0.reset() }
    case .hidesLocks: { try await $0.holdsLocks() }
    case .closeDoesNothing, .answersWhenClosed: { try await $0.close() }
    case .staysWhenClosed: { try await $0.closeWhileWaiting() }
    case .tellsNoWaits, .tellsAllWait, .tellsOfOthers: { try await $0.lockWaits() }
    case .runsOneAtATime: { try await $0.waitsAlone() }
    case .cancelsNothing, .cancelsSession, .cancelsLater: { try await $0.cancelStatement() }
    case .endsNothing, .endsTransactionOnly, .endsTwiceBadly: { try await $0.endSession() }
    case .endsStrangers: { try await $0.endsNoStranger() }
    case .runsInTransaction, .runGoesOnAfterError: { try await $0.run() }
    case .announcesAnother, .announcesTooLate, .runsTwice: { try await $0.announcement() }
    case .runHasNoLimit, .runIsLostAfterLimit: { try await $0.runLimit() }
    case .mixesTables, .readsWholeTables, .missesTables: { try await $0.tableQueries() }
    case .mistakesRefusals: { try await $0.refusals() }
    }
  }

  @Test(
    "A database with this fault fails the check for it", arguments: BrokenDatabase.Fault.allCases)
  func finds(_ fault: BrokenDatabase.Fault) async throws {
    let conformance = try DatabaseConformance.onSandbox(slack: .seconds(1)) {
      BrokenDatabase(fault, $0)
    }
    await withKnownIssue { try await Self.check(for: fault)(conformance) }
  }
}
