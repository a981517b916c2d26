import ArgumentParser
import MuddledCore

extension MuddledError {
  /// The exit code that stands for the failure, after `sysexits.h` (130: as a shell says of SIGINT).
  var exitCode: ExitCode {
    switch code {
    case .usage: ExitCode(64)
    case .unusableInput: ExitCode(65)
    case .missingInput: ExitCode(66)
    case .unavailable: ExitCode(69)
    case .configuration: ExitCode(78)
    case .interrupted: ExitCode(130)
    default: ExitCode(70)
    }
  }
}

/// Runs a subcommand's body, and turns what it throws into a sentence on standard error and an exit code.
///
/// - Throws: an `ExitCode`, which the argument parser ends the process with and prints nothing for.
func exitingWithCode(_ body: () async throws -> Void) async throws {
  do { try await body() } catch let error as MuddledError {
    printError(error.message)
    throw error.exitCode
  } catch is CancellationError {
    throw MuddledError(.interrupted, "").exitCode
  }
}

/// Prints a message with the program's name to standard error.
func printError(_ message: String) {
  StandardStreams.writeError("muddled: \(message)\n")
}
