import Glibc

/// What to wait for on a socket, as `poll` writes it.
enum Readiness {
  case nothing, read, write

  var rawValue: Int16 {
    switch self {
    case .nothing: 0
    case .read: Int16(POLLIN)
    case .write: Int16(POLLOUT)
    }
  }
}
