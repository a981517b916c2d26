import ArgumentParser
import Foundation
import MuddledCore

/// The arguments of an exploration that several processes share.
struct FleetArguments: ParsableArguments {
  @Option(
    help: .init(
      "Share the exploration with every process that is given this id and the same scenario.",
      valueName: "id"))
  var batch: String?

  @Option(
    name: [.customShort("c"), .customLong("config")],
    help: .init(
      "With --batch: the config file (TOML) that says where they meet.", valueName: "file"))
  var config: String?

  @Option(
    help: .init(
      "The coordinator, db, redis, shared-memory or queue, whatever the config file says.",
      valueName: "kind"))
  var coordinator: String?

  /// What the config file says, if the exploration is shared.
  func load() throws -> Configuration? {
    guard let batch else {
      guard config == nil, coordinator == nil else {
        throw MuddledError(
          .usage,
          "--config and --coordinator say where the processes of a batch meet; add --batch ID, or leave them out"
        )
      }
      return nil
    }
    guard (1...CoordinatorLimits.idBytes).contains(batch.utf8.count) else {
      throw MuddledError(
        .usage, "--batch takes an id of 1 to \(CoordinatorLimits.idBytes) bytes")
    }
    guard let config else {
      throw MuddledError(
        .usage, "--batch needs --config FILE, which says where the processes meet")
    }
    return try Configuration.load(
      file: config, environment: ProcessInfo.processInfo.environment,
      kind: CoordinatorArguments.kind(coordinator, of: "coordinator"), isClient: false)
  }
}
