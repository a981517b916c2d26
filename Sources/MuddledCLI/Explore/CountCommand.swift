import ArgumentParser
import MuddledCore

/// `muddled count`: how many orders there are; runs nothing.
struct CountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count", abstract: "Print how many orders a scenario has; run nothing.")

  @OptionGroup var scenario: ScenarioArguments

  @Flag(help: "Print every order, one a line, with its rank.")
  var list = false

  func run() async throws {
    try await exitingWithCode {
      let scenario = try await scenario.load()
      let space = try scenario.orderSpace()
      guard list else { return try StandardStreams.writeLine("\(space.count)") }
      var text = ""
      for (rank, order) in space.orders.enumerated() {
        text += "\(rank)  \(scenario.description(of: order))\n"
        guard text.utf8.count > 1 << 16 else { continue }
        try StandardStreams.write(text)
        text = ""
      }
      try StandardStreams.write(text)
    }
  }
}
