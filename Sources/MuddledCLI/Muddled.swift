import ArgumentParser
import MuddledCore

struct Muddled: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "muddled",
    abstract: "Run several clients' SQL against a real database in every order it can happen in.",
    discussion: """
      One process for each client of a batch; 'muddled run --help' explains the flags:

        muddled -c ./config/config.toml  -id 1 -p 2 -b 9982
        muddled -c ./config/config2.toml -id 2 -p 1 -b 9982
      """,
    version: "0.1.0",
    subcommands: [
      RunCommand.self, BatchCommand.self, ExploreCommand.self, ReplayCommand.self,
      CountCommand.self, SandboxCommand.self,
    ],
    defaultSubcommand: RunCommand.self)
}

/// The entrance of the program.
@main
enum Program {
  static func main() async {
    StandardStreams.openClosed()
    // Else a mistyped command would be taken for an argument of the default one.
    let commands =
      Muddled.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    if let first = CommandLine.arguments.dropFirst().first, !first.hasPrefix("-"),
      !commands.contains(first)
    {
      printError(
        "there is no command \(first.quoted); the commands are \(commands.joined(separator: ", "))")
      Muddled.exit(withError: ExitCode(64))
    }
    await Muddled.main()
  }
}
