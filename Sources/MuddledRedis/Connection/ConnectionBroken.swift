/// The connection broke, or the server cannot serve it now; what the last command did is unknown.
package struct ConnectionBroken: Error, CustomStringConvertible {
  /// What happened, without secrets.
  package let description: String
}
