public import MuddledCore

/// Loads a client's steps from a list on a Redis server: each element is a step.
///
/// The list is made by `RPUSH key "BEGIN" "SELECT 1" "COMMIT"`, and is left as it is.
public struct RedisLoader: Loader {
  /// The key's default, `muddled:steps:{id}`.
  public static let defaultKey = "muddled:steps:{id}"

  /// Where the server is.
  public let url: RedisURL
  /// The key of the list.
  public let key: String
  /// The bounds of every wait.
  public let options: RedisOptions

  /// Makes a loader; nothing is connected yet.
  ///
  /// - Parameters:
  ///   - url: where the server is.
  ///   - node: the id of the node whose steps are read.
  ///   - key: the key of the list, in which the node's id takes the place of each `{id}`.
  ///   - options: the bounds of every wait.
  public init(
    url: RedisURL, node: String, key: String = defaultKey, options: RedisOptions = RedisOptions()
  ) {
    self.url = url
    self.key = key.split(separator: "{id}", omittingEmptySubsequences: false)
      .joined(separator: node)
    self.options = options
  }

  /// Reads the list from its first element to its last.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/missingInput`` if the key is not there,
  ///   ``MuddledError/Code/unusableInput`` if it is no list, or an element cannot be a step,
  ///   ``MuddledError/Code/configuration`` if the server refuses the login or the command, and
  ///   ``MuddledError/Code/unavailable`` if the server is not there.
  public func load() async throws -> [Step] {
    let elements = try await read()
    guard !elements.isEmpty else {
      throw MuddledError(
        .missingInput, "\(place) is not there: put the node's statements into a list by RPUSH.")
    }
    guard elements.count <= LoaderLimits.steps else {
      throw MuddledError(
        .unusableInput,
        "\(place) has more than \(LoaderLimits.steps) statements: remove some.")
    }
    return try elements.enumerated().map { index, element in
      guard case .bytes(let statement) = element else { throw unexpected }
      return try Step(utf8: statement, name: "Redis key \(key.quoted), element \(index)")
    }
  }

  /// The elements, and perhaps one too many.
  private func read() async throws -> [RedisReply] {
    let loop = LoopLease()
    let connection = RedisConnection(to: url, options: options, on: loop.loop)
    let questions = [
      RedisCommand("LRANGE", key, "0", String(LoaderLimits.steps)), RedisCommand("TYPE", key),
    ]
    let replies = try await connection.perform { connection, _ in
      try await connection.exchange(questions)
    }
    await connection.close()
    switch (replies[0], replies[1]) {
    case (.array(let elements), _): return elements
    case (.error(let text), .status(let type)) where text.hasPrefix("WRONGTYPE"):
      throw MuddledError(
        .unusableInput,
        "\(place) holds a \(type), not a list: name another key, or make it a list by RPUSH.")
    case (.error(let text), _): throw RedisRefusal.error(text, to: questions[0].name, from: url)
    default: throw unexpected
    }
  }

  /// The list for messages.
  private var place: String { "The key \(key.quoted) at \(url)" }

  private var unexpected: MuddledError {
    MuddledError(.unavailable, "\(place) was answered with something that is no list; is it Redis?")
  }
}
