extension Duration {
  /// Reads a duration as Go's `time.ParseDuration` does: `300ms`, `1.5h`, `2h45m`, `0`; never negative.
  init?(goText text: String) {
    self = .zero
    if text == "0" { return }
    var rest = text[...]
    if rest.isEmpty { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      let unit = rest[digits.endIndex...].prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
      guard let number = Double(digits), let length = Self.goUnits[String(unit)] else { return nil }
      // A year is far past every sensible time-out, and still safe to calculate with.
      guard number * length < 366 * 86_400 else { return nil }
      self += .seconds(number * length)
      rest = rest[unit.endIndex...]
    }
  }

  private static let goUnits: [String: Double] = [
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600,
  ]
}
