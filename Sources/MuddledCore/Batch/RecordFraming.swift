/// Cuts a batch record that is longer than a coordinator takes into parts, and puts parts together again.
///
/// A part begins with the tag 1, the sender's instance, its index and how many there are; a whole
/// record begins with the tag 0. A message takes its place in the log with its last part; other
/// nodes' records may stand between its parts.
struct RecordFraming {
  private static let wholeTag: UInt8 = 0
  private static let partTag: UInt8 = 1
  /// More than the tag and three numbers take.
  private static let headerBytes = 64

  private struct Incomplete {
    let instance: UInt64
    let firstPosition: UInt64
    var parts: Int
    var payload: [UInt8]
  }

  /// A record that was put together, and where its first part stands.
  struct Message: Hashable {
    let payload: [UInt8]
    let firstPosition: UInt64
  }

  private var incomplete: [Incomplete] = []

  /// Cuts a payload into log records of at most `limit` bytes.
  static func frames(
    for payload: [UInt8], instance: UInt64, limit: Int = CoordinatorLimits.recordBytes
  ) -> [[UInt8]] {
    if payload.count < limit { return [[wholeTag] + payload] }
    let size = limit - headerBytes
    let count = (payload.count + size - 1) / size
    return (0..<count).map { index in
      var writer = ByteWriter()
      writer.write(partTag)
      writer.write(instance)
      writer.write(UInt(index))
      writer.write(UInt(count))
      return writer.bytes + payload[(index * size)..<min(payload.count, (index + 1) * size)]
    }
  }

  /// Takes the next record of the log.
  ///
  /// - Returns: the message that it completes, if it does. Parts whose beginning was never seen are dropped.
  mutating func add(_ record: LogRecord) throws -> Message? {
    guard record.bytes.first != Self.wholeTag else {
      return Message(payload: Array(record.bytes.dropFirst()), firstPosition: record.position)
    }
    var reader = ByteReader(record.bytes[...])
    guard try reader.number(as: UInt8.self) == Self.partTag else { throw MalformedBytes() }
    let instance = try reader.number(as: UInt64.self)
    let index = try reader.number(as: Int.self)
    let count = try reader.number(as: Int.self)
    if index == 0 {
      // A sender that starts anew has given up what it did not finish.
      incomplete.removeAll { $0.instance == instance }
      incomplete.append(
        Incomplete(
          instance: instance, firstPosition: record.position, parts: 0, payload: []))
    }
    guard let place = incomplete.firstIndex(where: { $0.instance == instance }),
      incomplete[place].parts == index
    else { return nil }
    incomplete[place].payload += reader.rest
    incomplete[place].parts += 1
    guard incomplete[place].parts == count else { return nil }
    let message = incomplete.remove(at: place)
    return Message(payload: message.payload, firstPosition: message.firstPosition)
  }
}
