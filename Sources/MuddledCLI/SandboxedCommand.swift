import MuddledCore
import Subprocess
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A command that runs with this process's input and output, and gets the signals that this process gets.
struct SandboxedCommand {
  /// The program.
  let executable: Executable
  /// What it was called, and its arguments.
  let arguments: [String]
  /// What its environment has besides this process's.
  let changes: [Environment.Key: String?]

  /// Runs the command to its end.
  ///
  /// - Returns: its exit code, or 128 + n if signal n ended it.
  func run() async throws -> Int32 {
    let configuration = Subprocess.Configuration(
      executable: executable,
      arguments: .init(
        executablePathOverride: arguments[0], remainingValues: Array(arguments.dropFirst())),
      environment: .inherit.updating(changes))
    SignalForwarding.begin()
    defer { SignalForwarding.end() }
    do {
      let result = try await Subprocess.run(
        configuration, input: .currentStandardInput, output: .currentStandardOutput,
        error: .currentStandardError
      ) { execution in
        SignalForwarding.setReceiver(execution.processIdentifier.value)
      }
      switch result.terminationStatus {
      case .exited(let code): return code
      case .signaled(let signal): return 128 + signal
      }
    } catch let error as SubprocessError {
      let reason = "\(error)"
      throw MuddledError(
        .usage,
        "The command \(arguments[0]) cannot be run: \(reason.hasSuffix(".") ? reason : reason + ".")"
      )
    }
  }
}

/// Passes SIGINT, SIGTERM and SIGHUP on to one process, instead of dying of them.
///
/// What the terminal sends (Ctrl-C, a hang-up) reaches the whole process group, so the receiver has it already.
enum SignalForwarding {
  /// The process that gets the signals; 0 before it is known.
  private static let receiver = Atomic<Int32>(0)
  /// A signal that came before the receiver was known.
  private static let early = Atomic<Int32>(0)

  /// Catches the signals from now on.
  static func begin() {
    // Also makes both values before the handler, which must not allocate, can touch them.
    receiver.store(0, ordering: .sequentiallyConsistent)
    early.store(0, ordering: .sequentiallyConsistent)
    var action = sigaction()
    action.sa_flags = SA_SIGINFO | SA_RESTART
    action.__sigaction_handler.sa_sigaction = { signal, information, _ in
      guard let information, information.pointee.si_code <= 0 else { return }
      let process = SignalForwarding.receiver.load(ordering: .sequentiallyConsistent)
      if process > 0 {
        kill(process, signal)
      } else {
        SignalForwarding.early.store(signal, ordering: .sequentiallyConsistent)
      }
    }
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaction(signal, &action, nil) }
  }

  /// Names the process that gets the signals.
  static func setReceiver(_ process: Int32) {
    receiver.store(process, ordering: .sequentiallyConsistent)
    let signal = early.exchange(0, ordering: .sequentiallyConsistent)
    if signal != 0 { kill(process, signal) }
  }

  /// Passes nothing on any more; the signals are still caught, so that the servers can be stopped in peace.
  static func end() { receiver.store(-1, ordering: .sequentiallyConsistent) }
}
