#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a call of the library waits for, or what came of it; empty if the call is done.
struct MySQLEvents: OptionSet {
  let rawValue: Int32

  /// The events that `poll` waits for in place of these.
  var pollEvents: Int16 {
    var events: Int16 = 0
    if contains(.read) { events |= Int16(POLLIN) }
    if contains(.write) { events |= Int16(POLLOUT) }
    if contains(.except) { events |= Int16(POLLPRI) }
    return events
  }

  /// Those of these events that `poll` has found.
  ///
  /// - Parameter came: what `poll` found; 0 if the time was up, at which the library gives the call
  ///   up, and the connection with it.
  func happened(_ came: Int16) -> MySQLEvents {
    guard came != 0 else { return .timeout }
    var happened: MySQLEvents = []
    if came & Int16(POLLPRI) != 0 { happened.insert(.except) }
    if came & Int16(POLLOUT) != 0 { happened.insert(.write) }
    // Errors and hang-ups are found out by reading or writing, whichever was wanted.
    if came & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0 {
      happened.insert(contains(.read) ? .read : .write)
    }
    return happened
  }
}
