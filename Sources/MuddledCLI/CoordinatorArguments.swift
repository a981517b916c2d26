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
  ///
  /// - Parameters:
  ///   - loader: what `--loader` names, if it is given.
  ///   - isClient: whether it must say where a client's steps come from.
  func load(loader: String? = nil, isClient: Bool = true) throws -> Configuration {
    try Configuration.load(
      file: config, environment: ProcessInfo.processInfo.environment,
      kind: Self.kind(coordinator, of: "coordinator"), loader: Self.kind(loader, of: "loader"),
      isClient: isClient)
  }

  /// What a flag names, if it is given.
  static func kind<Kind: RawRepresentable<String> & CaseIterable>(
    _ text: String?, of flag: String
  ) throws -> Kind? {
    guard let text else { return nil }
    if let kind = Kind(rawValue: text) { return kind }
    let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
    throw MuddledError(
      .usage, "there is no \(flag) kind \(text.quoted); give --\(flag) one of \(kinds)")
  }
}
