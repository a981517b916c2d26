extension DatabaseLoader {
  /// The table that statements stand in, one a row, and its columns.
  ///
  /// A table for the defaults:
  /// ```sql
  /// CREATE TABLE muddled_steps (
  ///   node_id VARCHAR(200) NOT NULL, sequence INT NOT NULL, statement TEXT NOT NULL,
  ///   PRIMARY KEY (node_id, sequence))
  /// ```
  public struct Table: Sendable, Hashable {
    /// The table's name; another database's after its name and a dot. A name can hold no dot itself. Default
    /// `muddled_steps`.
    public var name = "muddled_steps"
    /// The column with the id of the node that a row belongs to: a number, or text that is compared byte by byte.
    /// Default `node_id`.
    public var nodeColumn = "node_id"
    /// The column with the place of a row in its node's sequence: whole numbers, each once for a node, with gaps if you
    /// like. Default `sequence`.
    public var sequenceColumn = "sequence"
    /// The column with the statement; see ``MuddledCore/Step/init(utf8:name:)``. Default `statement`.
    public var statementColumn = "statement"

    /// Makes the default names.
    public init() {}

    /// The name as SQL writes it.
    var quotedName: String {
      name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        .map { String($0).asIdentifier }.joined(separator: ".")
    }

    var columns: [String] { [nodeColumn, sequenceColumn, statementColumn] }
  }
}
