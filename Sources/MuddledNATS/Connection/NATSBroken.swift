#if NATS
  internal import CNATS

  /// The connection broke, or the server cannot serve it now; what the last request did is unknown.
  struct NATSBroken: Error, CustomStringConvertible {
    /// What happened, without secrets.
    let description: String

    init(_ description: String) { self.description = description }

    /// Takes libnats's words for a status, which quote nothing of the caller's.
    init(_ status: natsStatus) { description = String(cString: natsStatus_GetText(status)) }
  }

  /// Throws unless the call went well.
  func check(_ status: natsStatus) throws {
    guard status == NATS_OK else { throw NATSBroken(status) }
  }
#endif
