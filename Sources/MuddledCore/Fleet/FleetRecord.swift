/// What the workers of a fleet tell each other through the coordinator's log.
enum FleetEvent: Hashable, Sendable {
  /// The sender takes part.
  case joined(FleetWork)
  /// The sender works on this chunk now.
  case claimed(chunk: UInt64)
  /// All orders of this chunk were run, and this is what they gave: an encoded ``FleetFindings``.
  case found(chunk: UInt64, [UInt8])
  /// The sender leaves; what it works on is free.
  case left
  /// Every chunk was found.
  case ended
}

/// What a fleet explores; it must be the same for all its workers.
struct FleetWork: Hashable, Sendable {
  /// Tells apart scenarios and what is run of them.
  var digest: Digest
  /// What the scenario is called, for messages.
  var name: String
  /// How many orders are to be run.
  var orders: UInt128
  /// How many of them are one chunk.
  var chunkSize: UInt64

  /// How many chunks there are.
  var chunkCount: UInt64 {
    UInt64(clamping: (orders + UInt128(chunkSize) - 1) / UInt128(chunkSize))
  }

  /// The orders of a chunk, as indices into those that are to be run.
  func orders(ofChunk chunk: UInt64) -> Range<UInt128> {
    let first = min(orders, UInt128(chunk) * UInt128(chunkSize))
    return first..<min(orders, first + UInt128(chunkSize))
  }
}

/// One record of the log: an event and who sent it.
struct FleetRecord: Hashable, Sendable {
  /// The sender's id, chosen at random.
  var worker: String
  var event: FleetEvent

  /// Stands before every record of a fleet, where those of a batch have their version.
  static let mark: UInt8 = 0x66
  private static let version: UInt8 = 1

  init(worker: String, event: FleetEvent) {
    self.worker = worker
    self.event = event
  }

  /// The record in bytes.
  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.mark)
    writer.write(Self.version)
    writer.write(worker)
    switch event {
    case .joined(let work):
      writer.write(UInt8(0))
      writer.write(work.digest.value)
      writer.write(work.name)
      writer.write(work.orders)
      writer.write(work.chunkSize)
    case .claimed(let chunk):
      writer.write(UInt8(1))
      writer.write(chunk)
    case .found(let chunk, let findings):
      writer.write(UInt8(2))
      writer.write(chunk)
      writer.write(findings)
    case .left: writer.write(UInt8(3))
    case .ended: writer.write(UInt8(4))
    }
    return writer.bytes
  }

  /// Reads a record back.
  ///
  /// - Throws: ``MuddledError`` if something else wrote the bytes.
  init(decoding bytes: [UInt8]) throws {
    do {
      var reader = ByteReader(bytes[...])
      guard try reader.number(as: UInt8.self) == Self.mark else {
        throw MuddledError(
          .usage,
          "the nodes of another batch, one of `muddled run`, meet under this id; choose another batch id"
        )
      }
      guard try reader.number(as: UInt8.self) == Self.version else { throw MalformedBytes() }
      worker = try reader.text()
      switch try reader.number() {
      case 0:
        event = .joined(
          FleetWork(
            digest: Digest(value: try reader.number()), name: try reader.text(),
            orders: try reader.number(), chunkSize: max(1, try reader.number(as: UInt64.self))))
      case 1: event = .claimed(chunk: try reader.number(as: UInt64.self))
      case 2: event = .found(chunk: try reader.number(as: UInt64.self), try reader.raw())
      case 3: event = .left
      case 4: event = .ended
      default: throw MalformedBytes()
      }
      guard reader.isAtEnd else { throw MalformedBytes() }
    } catch is MalformedBytes {
      throw MuddledError(
        .unavailable,
        "the coordinator holds a record of this fleet that this version of muddled did not write; "
          + "choose another batch id, or run the same version everywhere")
    }
  }
}
