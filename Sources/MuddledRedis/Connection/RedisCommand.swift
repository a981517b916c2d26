/// One command: its name and its arguments, each any bytes.
package struct RedisCommand: Hashable, Sendable {
  /// The arguments one after the other, the name first.
  private(set) var bytes: [UInt8] = []
  /// How many of ``bytes`` belong to each argument.
  private(set) var lengths: [Int] = []
  /// The name, for messages.
  let name: String

  /// Makes a command without arguments.
  package init(_ name: String) {
    self.name = name
    add(name.utf8)
  }

  /// Makes a command of words.
  package init(_ name: String, _ arguments: String...) {
    self.init(name)
    for argument in arguments { add(argument.utf8) }
  }

  /// Adds one argument.
  package mutating func add(_ argument: some Collection<UInt8>) {
    bytes.append(contentsOf: argument)
    lengths.append(argument.count)
  }

  /// Adds one argument.
  package mutating func add(_ argument: String) { add(argument.utf8) }

  /// Adds a number in decimal digits.
  package mutating func add(_ argument: some BinaryInteger) { add(String(argument)) }
}
