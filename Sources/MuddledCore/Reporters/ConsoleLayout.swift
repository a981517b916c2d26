/// How text for people is laid out.
public struct ConsoleLayout: Hashable, Sendable {
  /// How many columns a row of a table may have; what is past them is cut off. Default 100.
  public var columns: Int
  /// How many columns the line of progress may have. Default 80.
  public var progressColumns: Int
  /// Whether what matters stands out, by a terminal's colours. Default: no.
  public var isColored: Bool

  /// Makes a layout.
  public init(columns: Int = 100, progressColumns: Int = 80, isColored: Bool = false) {
    self.columns = columns
    self.progressColumns = progressColumns
    self.isColored = isColored
  }
}
