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

  /// Whether the file sets a text to something else than its default.
  func isChangedByFile(_ name: String) -> Bool {
    guard case .file = settings[name]?.source, case .text(let text) = settings[name]?.value,
      case .text(let standard) = ConfigurationKey.named(name)?.kind
    else { return false }
    return !text.isEmpty && text != standard
  }

  /// The value of a key that names one of several things.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String) throws -> Choice {
    let text = text(name) ?? ""
    if let choice = Choice(rawValue: text) { return choice }
    let known = Choice.allCases.map { "\"\($0.rawValue)\"" }
    let others = known.dropLast().joined(separator: ", ")
    throw wrong(
      name, "is \(String(reflecting: text)); it must be \(others) or \(known.last ?? "")")
  }

  /// The error for a value that cannot be, with the line where it stands.
  func wrong(_ name: String, _ words: String) -> MuddledError {
    var place = file
    if case .file(let line) = settings[name]?.source { place += ", line \(line)" }
    return MuddledError(.configuration, "\(place): the key \(name) \(words).")
  }
}
