/// One line for a terminal, put together from parts that may stand out.
struct StyledLine {
  /// How a part stands out, by its code for a terminal (ECMA-48, SGR).
  enum Style: Int {
    case bold = 1
    case faint = 2
    case red = 31
    case yellow = 33
  }

  private var parts: [(text: String, style: Style?)] = []

  /// Begins a line with a part.
  init(_ text: String = "", _ style: Style? = nil) { add(text, style) }

  /// Adds a part.
  mutating func add(_ text: String, _ style: Style? = nil) {
    if !text.isEmpty { parts.append((text, style)) }
  }

  /// The line's text.
  ///
  /// - Parameters:
  ///   - columns: what is past them is cut off; `nil` cuts nothing.
  ///   - isColored: whether parts stand out.
  func text(columns: Int? = nil, isColored: Bool) -> String {
    var left = columns ?? .max
    let isTooLong = parts.reduce(0) { $0 + $1.text.displayWidth } > left
    var text = ""
    for (part, style) in parts where left > 0 {
      let fits = part.displayWidth < left || !isTooLong
      // A part that just fills the line is cut too, as something follows it.
      let shown = fits ? part : (part + "…").cut(toColumns: left)
      left -= fits ? part.displayWidth : left
      if let style, isColored {
        text += "\u{1b}[\(style.rawValue)m\(shown)\u{1b}[0m"
      } else {
        text += shown
      }
    }
    return text
  }
}
