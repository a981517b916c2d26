import MuddledCore

extension ServerError {
  /// Whether the connection is gone, so that this is no answer to the statement.
  ///
  /// libmariadb numbers its own errors from 2000 and 5000 on. Some servers say in an ordinary error
  /// that they are about to hang up.
  var meansLostConnection: Bool {
    switch code {
    case 2000..<3000, 5000..<6000: true
    // ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED, ER_CLIENT_INTERACTION_TIMEOUT
    case 1053, 1927, 4031: true
    default: false
    }
  }
}
