import ArgumentParser

@main
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
