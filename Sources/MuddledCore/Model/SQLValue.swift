/// One value of a result row, as the server wrote it.
public enum SQLValue: Hashable, Sendable {
  /// NULL.
  case null
  /// A number, in the digits that the server sent (`1.50` stays `1.50`); always a valid JSON number.
  case number(String)
  /// Text, and everything that the server sends as text: dates, times, JSON, enumerations.
  case text(String)
  /// Bytes: binary columns, bit fields, and text that is not valid UTF-8.
  case binary([UInt8])
}
