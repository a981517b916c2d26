/// Where the steps of one client come from: a file, a database table, another storage.
///
/// Implement ``load()`` so that it reads everything before it returns, with a bound on the time and the size of what it
/// reads, and throws a ``MuddledError`` whose message names the place of what is wrong:
/// ``MuddledError/Code/missingInput`` if there is nothing at that place, ``MuddledError/Code/unusableInput`` if what is
/// there cannot be used, ``MuddledError/Code/unavailable`` if the store cannot be reached, and
/// ``MuddledError/Code/configuration`` if it refuses the login. It is called before anything is run;
/// a process that is started again loads again and must get the same steps. ``Step/init(utf8:name:)`` takes a statement of
/// a store, ``SQLScript`` a text with many.
///
/// `LoaderConformance` of `MuddledTestKit` checks an implementation.
public protocol Loader: Sendable {
  /// Reads the steps of one client, in the client's own sequence; never an empty list.
  func load() async throws -> [Step]
}

/// The bounds that the built-in loaders keep.
public enum LoaderLimits {
  /// The most statements that a loader takes from a store of single statements; orders become countless long before.
  public static let steps = 100_000
}
