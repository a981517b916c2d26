#if NATS
  /// The bounds that a NATS queue keeps.
  public struct NATSOptions: Sendable, Hashable {
    /// How long a connection may take to be made and logged in.
    public var connectTimeout: Duration
    /// How long the server may take for one request; after that the connection counts as broken.
    public var commandTimeout: Duration
    /// How long a lost server is called again before an operation fails; the pauses grow from 5 to 500 ms.
    public var reconnectTimeout: Duration
    /// How long the server keeps a message.
    public var retention: Duration

    /// Makes the bounds.
    ///
    /// - Parameters:
    ///   - connectTimeout: 2 s by default.
    ///   - commandTimeout: 5 s by default.
    ///   - reconnectTimeout: 5 s by default; zero never tries again.
    ///   - retention: 7 days by default, at least 1 s.
    public init(
      connectTimeout: Duration = .seconds(2),
      commandTimeout: Duration = .seconds(5),
      reconnectTimeout: Duration = .seconds(5),
      retention: Duration = .seconds(7 * 24 * 3600)
    ) {
      self.connectTimeout = connectTimeout
      self.commandTimeout = commandTimeout
      self.reconnectTimeout = reconnectTimeout
      self.retention = retention
    }
  }
#endif
