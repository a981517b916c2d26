import MuddledCore

/// One value, and where it came from.
struct Setting: Sendable {
  enum Value: Sendable {
    case text(String)
    case number(Int)
  }

  let value: Value
  let source: Configuration.Source
}

/// Gives the values of the known keys, or their defaults, and says what is missing.
struct SettingsReader {
  /// The configuration file's path, for messages.
  let file: String
  /// What was set, by dotted name; every value has its key's type and is within its bounds.
  let settings: [String: Setting]

  /// Where each key's value came from.
  var sources: [String: Configuration.Source] {
    ConfigurationKey.all.reduce(into: [:]) { sources, key in
      sources[key.name] = settings[key.name]?.source ?? .defaultValue
    }
  }

  /// The text of a key; `nil` if it is not set, empty, and without a default.
  func text(_ name: String) -> String? {
    if case .text(let text) = settings[name]?.value, !text.isEmpty { return text }
    if case .text(let text) = ConfigurationKey.named(name)?.kind { return text }
    preconditionFailure("\(name) is not the key of a text")
  }

  /// The number of a key.
  func number(_ name: String) -> Int {
    if case .number(let number) = settings[name]?.value { return number }
    if case .number(let number, _) = ConfigurationKey.named(name)?.kind { return number }
    preconditionFailure("\(name) is not the key of a number")
  }

  /// The duration of a key that counts milliseconds.
  func milliseconds(_ name: String) -> Duration { .milliseconds(number(name)) }

  /// The text of a key that must be set.
  ///
  /// - Parameter reason: why it must be, if it need not always.
  func required(_ name: String, _ reason: String = "") throws -> String {
    if let text = text(name) { return text }
    let because = reason.isEmpty ? "" : ", needed " + reason
    let variable = ConfigurationKey.named(name)?.environmentName
    let remedy = variable.map { "set it there or in the environment variable \($0)" }
    throw MuddledError(
      .configuration, "\(file) lacks the key \(name)\(because); \(remedy ?? "set it there").")
  }

  /// `coordinator.kind`.
  func kind() throws -> Configuration.CoordinatorKind {
    let name = "coordinator.kind"
    let text = text(name) ?? ""
    if let kind = Configuration.CoordinatorKind(rawValue: text) { return kind }
    let known = Configuration.CoordinatorKind.allCases.map { "\"\($0.rawValue)\"" }
    let others = known.dropLast().joined(separator: ", ")
    let place: String
    if case .file(let line) = settings[name]?.source {
      place = "\(file), line \(line)"
    } else {
      place = file
    }
    throw MuddledError(
      .configuration,
      "\(place): the key \(name) is \(String(reflecting: text)); it must be \(others) or \(known.last ?? "")."
    )
  }
}
