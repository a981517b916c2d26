import MuddledCore

/// What an error reply of Redis means for muddled.
enum RedisRefusal {
  /// The first words of errors that a later attempt may not meet (redis 7.0, `server.c`, `shared` errors).
  private static let passing: Set<Substring> = [
    "LOADING", "BUSY", "MASTERDOWN", "READONLY", "CLUSTERDOWN", "TRYAGAIN",
  ]

  /// The error to throw for an error reply; it names the command, and never an argument.
  static func error(_ text: String, to command: String, from url: RedisURL) -> any Error {
    let kind = text.prefix { $0 != " " }
    if passing.contains(kind) { return ConnectionBroken(description: text) }
    switch kind {
    case "NOAUTH":
      return MuddledError(
        .configuration,
        "The Redis server at \(url.location) asks for a password; put it into the URL, as redis://:PASSWORD@HOST."
      )
    case "NOPERM":
      return MuddledError(
        .configuration,
        "The Redis server at \(url.location) does not let this user run \(command); "
          + "allow it by ACL SETUSER, or log in as another user.")
    case "MOVED", "ASK":
      return MuddledError(
        .configuration,
        "The Redis server at \(url.location) is part of a cluster and does not hold this key (\(text)); "
          + "give the address of the node that does.")
    default:
      return MuddledError(
        .unavailable, "The Redis server at \(url.location) refused \(command): \(text).")
    }
  }
}
