/// Something that keeps muddled itself from going on.
///
/// A database server's error inside an order is not one of these: it is a result (``StatementResult/error(_:)``).
/// ``description`` is safe to print anywhere: whoever makes a message keeps passwords and other
/// secrets out of it.
public struct MuddledError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is; a command line turns it into its exit code.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The kind's name in a word or two.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The caller asked for something that cannot be: wrong flags, ids, partners or batch.
    public static let usage = Code("usage")
    /// An input was read but cannot be used: SQL, a reset, a scenario.
    public static let unusableInput = Code("unusable input")
    /// An input file is missing or cannot be read.
    public static let missingInput = Code("missing input")
    /// A server, the coordinator or a partner is not there, or was lost.
    public static let unavailable = Code("unavailable")
    /// Muddled is wrong, not the user.
    public static let internalBug = Code("internal bug")
    /// A configuration value is missing, unknown or wrong; also a login that the server refuses.
    public static let configuration = Code("configuration")
    /// The user asked to stop.
    public static let interrupted = Code("interrupted")
  }

  /// What kind of failure it is.
  public let code: Code
  /// One sentence or two: what failed, on which input, what to do next. Holds no secret.
  public let message: String

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - code: what kind of failure it is.
  ///   - message: what failed, on which input, what to do next; it must hold no secret.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
