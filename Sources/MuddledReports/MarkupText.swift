import Mustache

/// How values stand in templates of XML and HTML, and the templates themselves.
///
/// The library's own escaping goes by characters, so that a combining mark after `<` hides it, and it lets through
/// what XML must not hold at all.
struct MarkupText: MustacheContentType {
  /// Reads a template whose text is part of the program.
  static func template(_ bytes: [UInt8]) -> MustacheTemplate {
    MustacheContentTypes.register(MarkupText(), named: "MARKUP")
    let text = "{{% CONTENT_TYPE:MARKUP }}\n" + String(decoding: bytes, as: UTF8.self)
    do { return try MustacheTemplate(string: text) } catch {
      preconditionFailure("a template of muddled's own cannot be read: \(error)")
    }
  }

  func escapeText(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      // A parser reads it as a line feed unless it is written so.
      case "\r": escaped += "&#13;"
      case "\t", "\n": escaped.unicodeScalars.append(scalar)
      // XML 1.0, production 2, and what it advises against.
      case "\0"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{fffe}", "\u{ffff}":
        escaped += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
