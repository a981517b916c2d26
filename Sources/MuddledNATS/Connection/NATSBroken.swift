#if NATS
  /// The connection broke, or the server cannot serve it now; what the last request did is unknown.
  struct NATSBroken: Error, CustomStringConvertible {
    /// What happened, without secrets.
    let description: String

    init(_ description: String) { self.description = description }
  }
#endif
