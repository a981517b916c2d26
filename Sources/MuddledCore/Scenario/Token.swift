/// A short text that names one order of one scenario, and refuses a changed scenario.
///
/// Its text has at most 40 characters: twelve of the scenario's digest (60 bits), a sign for the
/// kind of order, its number, and a check letter that finds every single wrong character and every
/// two neighbours exchanged. The letters are those of Crockford's base 32, in either case, so that
/// `O` reads as `0`, and `I` and `L` as `1`. No secret and nothing of the SQL is in it.
public struct Token: Hashable, Sendable, CustomStringConvertible {
  /// The order that a token names.
  public enum Target: Hashable, Sendable {
    /// The order with this rank among all orders of the scenario, from 0.
    case rank(UInt128)
    /// A permutation of the scenario file, counted from 0, for those that are no orders.
    case permutation(Int)
  }

  /// The order that the token names, in the scenario that it was made for; ask
  /// ``target(in:)`` before it is used.
  public let target: Target
  /// The first 60 bits of the digest.
  private let digest: UInt64

  private static let digestLetters = 12

  /// Makes the token of an order.
  ///
  /// - Parameters:
  ///   - target: an order of the scenario; one that is not there is the caller's bug and traps.
  ///   - scenario: the scenario.
  public init(_ target: Target, of scenario: Scenario) {
    self.target = target
    digest = Self.digest(target, scenario)
  }

  /// Reads a token.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if it is no token, or was
  ///   mistyped.
  public init(_ text: String) throws {
    let body = text.split(whereSeparator: \.isWhitespace).joined()
    let symbols = try body.map { character in
      guard let symbol = TokenAlphabet.symbol(character) else {
        throw Self.mistyped(text, "\"\(character)\" stands in no token")
      }
      return symbol
    }
    let letters = symbols.filter { $0 < 32 }
    let sign = symbols.indices.contains(Self.digestLetters) ? symbols[Self.digestLetters] : 0
    guard sign >= 32, letters.count == symbols.count - 1, letters.count >= Self.digestLetters + 2
    else { throw Self.mistyped(text, "it does not have a token's form") }
    guard TokenAlphabet.check(symbols.dropLast()) == symbols.last else {
      throw Self.mistyped(text, "its check letter is wrong")
    }
    digest = letters.prefix(Self.digestLetters).reduce(0) { $0 << 5 | UInt64($1) }
    var number: UInt128 = 0
    for letter in letters.dropFirst(Self.digestLetters).dropLast() {
      guard number >> 123 == 0 else { throw Self.mistyped(text, "its number is too large") }
      number = number << 5 | UInt128(letter)
    }
    if sign == TokenAlphabet.rankSign {
      target = .rank(number)
    } else if let index = Int(exactly: number) {
      target = .permutation(index)
    } else {
      throw Self.mistyped(text, "its number is too large")
    }
  }

  /// The order that the token names in a scenario.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unusableInput`` if the token was made
  ///   for another scenario, or for this one before it was changed.
  public func target(in scenario: Scenario) throws -> Target {
    let isThere =
      switch target {
      case .rank(let rank): try rank < scenario.orderSpace().count
      case .permutation(let index): scenario.permutations.indices.contains(index)
      }
    guard isThere, Self.digest(target, scenario) == digest else {
      throw MuddledError(
        .unusableInput,
        "The token \(self) is not of the scenario \(scenario.name) as it is now: it belongs to "
          + "another one, or the scenario was changed since; explore it again for new tokens.")
    }
    return target
  }

  /// The token's text.
  public var description: String {
    let (sign, number) =
      switch target {
      case .rank(let rank): (TokenAlphabet.rankSign, rank)
      case .permutation(let index): (TokenAlphabet.permutationSign, UInt128(index))
      }
    let shifts = stride(from: 5 * (Self.digestLetters - 1), through: 0, by: -5)
    var symbols = shifts.map { UInt8(digest >> UInt64($0) & 31) } + [sign]
    let letters = max(1, (128 - number.leadingZeroBitCount + 4) / 5)
    for letter in (0..<letters).reversed() { symbols.append(UInt8(number >> (5 * letter) & 31)) }
    symbols.append(TokenAlphabet.check(symbols[...]))
    return String(symbols.map(TokenAlphabet.character))
  }

  private static func digest(_ target: Target, _ scenario: Scenario) -> UInt64 {
    var digest = scenario.digest
    if case .permutation(let index) = target, scenario.permutations.indices.contains(index) {
      for step in scenario.permutations[index].steps {
        digest.update(UInt64(step.step.session))
        digest.update(UInt64(step.step.step))
      }
    }
    return UInt64(truncatingIfNeeded: digest.value >> 68)
  }

  private static func mistyped(_ text: String, _ problem: String) -> MuddledError {
    let shown = text.count > 60 ? text.prefix(60) + "…" : text[...]
    return MuddledError(
      .usage, "The token \"\(shown)\" is mistyped: \(problem); copy it again from the report.")
  }
}

/// The characters of a token, each with a number: 0 to 31 for letters, more for signs.
private enum TokenAlphabet {
  static let rankSign: UInt8 = 32
  static let permutationSign: UInt8 = 33

  private static let characters = Array("0123456789abcdefghjkmnpqrstvwxyz-_")

  static func character(_ symbol: UInt8) -> Character { characters[Int(symbol)] }

  static func symbol(_ character: Character) -> UInt8? {
    let lower = Character(character.lowercased())
    let read: Character =
      switch lower {
      case "o": "0"
      case "i", "l": "1"
      default: lower
      }
    return characters.firstIndex(of: read).map { UInt8($0) }
  }

  /// A sum over the field of 32 elements in which each place has another weight than its neighbours
  /// (a power of the root of `x⁵ + x² + 1`), none of them 0.
  static func check(_ symbols: ArraySlice<UInt8>) -> UInt8 {
    var (sum, weight): (UInt8, UInt8) = (0, 1)
    for symbol in symbols.reversed() {
      weight = product(weight, 2)
      // A sign is told apart from the other by one bit.
      sum ^= product(weight, symbol < 32 ? symbol : symbol - 31)
    }
    return sum
  }

  private static func product(_ one: UInt8, _ other: UInt8) -> UInt8 {
    var (one, other, result): (UInt8, UInt8, UInt8) = (one, other, 0)
    while other > 0 {
      if other & 1 == 1 { result ^= one }
      one <<= 1
      if one & 32 != 0 { one ^= 0b100101 }
      other >>= 1
    }
    return result
  }
}
