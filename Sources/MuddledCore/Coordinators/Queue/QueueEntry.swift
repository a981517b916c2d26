/// What a node says in an ordered queue.
enum QueueEntry: Hashable, Sendable {
  /// Tells an utterance, and all its parts and repetitions, from every other one.
  typealias Mark = UInt128

  /// Part `part` of `parts` of "I claim this position with this record".
  case claim(Mark, position: UInt64, part: UInt64, parts: UInt64, bytes: [UInt8])
  /// "This node lives."
  case renewed(Mark, node: String)
  /// "This node leaves in good order."
  case dropped(Mark, node: String)
  /// "What time is it, and have I read all that was here before?"
  case asked(Mark)
  /// "Nothing before this cut is needed any more."
  case trimmed(QueueCut)

  private static let version: UInt8 = 1
  /// The most that a claim needs in a message besides its bytes.
  static let claimOverhead = 64

  /// The entries that claim a position, each short enough for a message.
  static func claims(
    of position: UInt64, with record: [UInt8], mark: Mark, messageBytes: Int
  ) -> [QueueEntry] {
    let length = max(1, messageBytes - claimOverhead)
    let parts = max(1, (record.count + length - 1) / length)
    return (0..<parts).map { part in
      let bytes = record[(part * length)..<min(record.count, (part + 1) * length)]
      return .claim(
        mark, position: position, part: UInt64(part), parts: UInt64(parts), bytes: Array(bytes))
    }
  }

  /// The entry as a message's bytes.
  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.version)
    switch self {
    case .claim(let mark, let position, let part, let parts, let bytes):
      for number in [1, mark, UInt128(position), UInt128(part), UInt128(parts)] {
        writer.write(number)
      }
      writer.write(bytes)
    case .renewed(let mark, let node): Self.write(2, mark, node, to: &writer)
    case .dropped(let mark, let node): Self.write(3, mark, node, to: &writer)
    case .asked(let mark):
      writer.write(UInt128(4))
      writer.write(mark)
    case .trimmed(let cut):
      writer.write(UInt128(5))
      cut.write(to: &writer)
    }
    return writer.bytes
  }

  private static func write(
    _ kind: UInt128, _ mark: Mark, _ node: String, to writer: inout ByteWriter
  ) {
    writer.write(kind)
    writer.write(mark)
    writer.write(node)
  }

  /// Reads an entry back.
  ///
  /// - Throws: ``MalformedBytes`` if muddled, or this version of it, did not write it.
  init(_ bytes: [UInt8]) throws {
    var reader = ByteReader(bytes[...])
    guard try reader.number(as: UInt8.self) == Self.version else { throw MalformedBytes() }
    switch try reader.number() {
    case 1:
      self = .claim(
        try reader.number(), position: try reader.number(as: UInt64.self),
        part: try reader.number(as: UInt64.self), parts: try reader.number(as: UInt64.self),
        bytes: try reader.raw())
    case 2: self = .renewed(try reader.number(), node: try reader.text())
    case 3: self = .dropped(try reader.number(), node: try reader.text())
    case 4: self = .asked(try reader.number())
    case 5: self = .trimmed(try QueueCut(&reader))
    default: throw MalformedBytes()
    }
    guard reader.isAtEnd else { throw MalformedBytes() }
  }
}

/// A place in a queue before which all may be forgotten, and what a reader must know who begins there.
struct QueueCut: Hashable, Sendable {
  /// The first message that is still needed: the first part of the claim that won ``position``.
  let sequence: UInt64
  /// The first record that is kept; the log ends there at the cut.
  let position: UInt64
  /// The leases as they were after this message.
  let leasesAt: UInt64
  /// Who held a lease then, and when each was renewed, by the queue's clock.
  let leases: [QueueLease]

  init(sequence: UInt64, position: UInt64, leasesAt: UInt64, leases: [QueueLease]) {
    self.sequence = sequence
    self.position = position
    self.leasesAt = leasesAt
    self.leases = leases
  }

  fileprivate init(_ reader: inout ByteReader) throws {
    sequence = try reader.number(as: UInt64.self)
    position = try reader.number(as: UInt64.self)
    leasesAt = try reader.number(as: UInt64.self)
    leases = try reader.list { reader in
      let node = try reader.text()
      return QueueLease(
        node: node,
        renewed: .seconds(try reader.number(as: Int64.self))
          + .nanoseconds(try reader.number(as: Int64.self)))
    }
  }

  fileprivate func write(to writer: inout ByteWriter) {
    for number in [sequence, position, leasesAt] { writer.write(number) }
    writer.write(leases) { writer, lease in
      let (seconds, attoseconds) = lease.renewed.components
      writer.write(lease.node)
      writer.write(UInt64(max(0, seconds)))
      writer.write(UInt64(max(0, attoseconds) / 1_000_000_000))
    }
  }
}

/// When a node last renewed its lease, by the queue's clock.
struct QueueLease: Hashable, Sendable {
  let node: String
  var renewed: Duration
}
