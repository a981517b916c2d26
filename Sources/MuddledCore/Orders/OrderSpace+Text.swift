extension OrderSpace {
  /// The rank that a user wrote.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if it is not a number from 0
  ///   to the last rank of this space.
  public func rank(from text: String) throws -> UInt128 {
    guard let rank = UInt128(text), !text.hasPrefix("+") else {
      throw MuddledError(
        .usage, "The rank \"\(text)\" is not a number: give one from 0 to \(count - 1).")
    }
    guard rank < count else {
      throw MuddledError(
        .usage,
        "The rank \(rank) is past the last order: give one from 0 to \(count - 1), "
          + "as there are \(count) orders.")
    }
    return rank
  }

  /// The ranks that a user wrote: `A..B` from `A` to `B`, both included; `A..` from `A` to the last;
  /// `..B` from the first; `A` alone for this one.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if they are not ranks of this
  ///   space, or the first is past the last.
  public func ranks(from text: String) throws -> Range<UInt128> {
    let dots = text.firstRange(of: "..")
    guard let dots else {
      let rank = try rank(from: text)
      return rank..<rank + 1
    }
    let (before, after) = (text[..<dots.lowerBound], text[dots.upperBound...])
    guard !(before.isEmpty && after.isEmpty) else {
      throw MuddledError(
        .usage, "The ranks \"..\" lack both ends: give A..B, A.. or ..B, from 0 to \(count - 1).")
    }
    let first = before.isEmpty ? 0 : try rank(from: String(before))
    let last = after.isEmpty ? count - 1 : try rank(from: String(after))
    guard first <= last else {
      throw MuddledError(
        .usage, "The ranks \(text) end before they begin: give the smaller one first.")
    }
    return first..<last + 1
  }
}
