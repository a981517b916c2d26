/// How far a run is.
struct ProgressLine {
  /// How many orders are done.
  let done: UInt128
  /// How many there are.
  let total: UInt128
  /// How many are done in a second.
  let rate: UInt128

  /// What is known, in words.
  var text: String { "\(done) of \(total) orders, \(rate) orders/s, \(timeLeft) left" }

  /// The same behind a bar, if there is room for one.
  func bar(columns: Int) -> String {
    let percent = "\(done * 100 / max(1, total))%"
    let blanks = String(repeating: " ", count: max(0, 4 - percent.count))
    let room = min(30, columns - text.count - 8)
    guard room >= 5 else { return text.cut(toColumns: columns) }
    let filled = Int(clamping: done * UInt128(room) / max(1, total))
    return "[" + String(repeating: "#", count: min(room, filled))
      + String(repeating: ".", count: max(0, room - filled)) + "]\(blanks)\(percent) " + text
  }

  /// How long the rest takes at this rate, in the two largest units.
  private var timeLeft: String {
    guard rate > 0 else { return "? s" }
    let seconds = (total - min(done, total)) / rate
    switch seconds {
    case ..<60: return "\(seconds) s"
    case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
    case ..<(48 * 3600): return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    default: return "\(seconds / 86_400) days"
    }
  }
}
