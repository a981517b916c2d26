/// A text that must not be shown: a DSN or a URL, which may hold a password.
///
/// However it is printed, dumped or interpolated, `<REDACTED>` comes out; only ``value`` tells.
struct Secret: Hashable, Sendable {
  /// The text itself, for the parser that needs it.
  let value: String

  /// Hides a text.
  init(_ value: String) { self.value = value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "<REDACTED>" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: [:]) }
}
