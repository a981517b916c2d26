/// Where the steps of one client come from: a file, a database table, another storage.
///
/// Implement ``load()`` so that it reads everything before it returns, and throws a ``MuddledError``
/// (``MuddledError/Code/missingInput`` or ``MuddledError/Code/unusableInput``) whose message names
/// the place of what is wrong. It is called once, before anything is run.
public protocol Loader: Sendable {
  /// Reads the steps of one client, in the client's own sequence; never an empty list.
  func load() async throws -> [Step]
}
