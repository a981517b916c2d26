import ArgumentParser
import Foundation
import MuddledCore

/// The arguments that say where the nodes of a batch meet.
struct CoordinatorArguments: ParsableArguments {
  @Option(
    name: [.customShort("c"), .customLong("config")],
    help: .init("The node's config file (TOML).", valueName: "file"))
  var config: String

  @Option(
    help: .init(
      "The coordinator, db, redis, shared-memory or queue, whatever the config file says.",
      valueName: "kind"))
  var coordinator: String?

  /// Reads the config file and the environment.
  func load() throws -> Configuration {
    try Configuration.load(
      file: config, environment: ProcessInfo.processInfo.environment, kind: kind())
  }

  private func kind() throws -> Configuration.CoordinatorKind? {
    guard let coordinator else { return nil }
    if let kind = Configuration.CoordinatorKind(rawValue: coordinator) { return kind }
    let kinds = Configuration.CoordinatorKind.allCases.map(\.rawValue).joined(separator: ", ")
    throw MuddledError(
      .usage,
      "there is no coordinator kind \(coordinator.quoted); give --coordinator one of \(kinds)")
  }
}
