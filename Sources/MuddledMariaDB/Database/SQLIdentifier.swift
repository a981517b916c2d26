extension String {
  /// The text as an identifier in backticks, which every server takes in every `sql_mode`.
  var asIdentifier: String {
    "`" + split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``") + "`"
  }
}
