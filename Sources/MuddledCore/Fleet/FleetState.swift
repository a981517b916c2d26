/// What the log of a fleet says: every worker derives the same from it.
struct FleetState: Sendable {
  /// What is explored, once somebody has joined.
  private(set) var work: FleetWork?
  /// Who works on which chunk that was not found yet.
  private(set) var claims: [UInt64: String] = [:]
  /// The workers that joined and did not leave, in that sequence.
  private(set) var workers: [String] = []
  /// What all chunks before ``mergedChunks`` gave.
  private(set) var findings = FleetFindings()
  /// How many chunks, from the first on, ``findings`` holds.
  private(set) var mergedChunks: UInt64 = 0
  /// What later chunks gave, in bytes, until those before them are found.
  private var waiting: [UInt64: [UInt8]] = [:]
  /// Whether somebody wrote that every chunk was found.
  private(set) var isEnded = false

  init() {}

  /// What these records say.
  ///
  /// - Throws: if they are not those of a fleet.
  init(of records: [LogRecord]) throws {
    guard !records.isEmpty else { throw MalformedBytes() }
    var framing = RecordFraming()
    for record in records {
      guard let message = try framing.add(record) else { continue }
      try apply(FleetRecord(decoding: message.payload))
    }
  }

  /// Whether every chunk was found.
  var isComplete: Bool { work.map { mergedChunks == $0.chunkCount } ?? false }

  /// How many orders were run in the chunks that were found.
  var ordersRun: UInt128 {
    guard let work else { return 0 }
    return waiting.keys.reduce(work.orders(ofChunk: mergedChunks).lowerBound) { count, chunk in
      let orders = work.orders(ofChunk: chunk)
      return count + (orders.upperBound - orders.lowerBound)
    }
  }

  /// Applies the next record of the log.
  ///
  /// - Throws: ``MalformedBytes`` if findings cannot be read.
  mutating func apply(_ record: FleetRecord) throws {
    switch record.event {
    case .joined(let joined):
      work = work ?? joined
      // Who would explore something else is not one of them.
      if joined == work, !workers.contains(record.worker) { workers.append(record.worker) }
    case .claimed(let chunk):
      guard workers.contains(record.worker), !isFound(chunk) else { return }
      claims[chunk] = record.worker
    case .found(let chunk, let bytes):
      // Whoever is first counts: the others found the same.
      guard let work, chunk < work.chunkCount, !isFound(chunk) else { return }
      claims[chunk] = nil
      waiting[chunk] = bytes
      while let next = waiting.removeValue(forKey: mergedChunks) {
        findings.merge(try FleetFindings(decoding: next, after: findings))
        mergedChunks += 1
      }
    case .left:
      workers.removeAll { $0 == record.worker }
      claims = claims.filter { $0.value != record.worker }
    case .ended: isEnded = true
    }
  }

  /// The first chunk that nobody of these works on and that was not found.
  ///
  /// - Parameter isLive: whether a worker lives.
  func freeChunk(_ isLive: (String) -> Bool) -> UInt64? {
    guard let work else { return nil }
    var chunk = mergedChunks
    while chunk < work.chunkCount {
      if waiting[chunk] == nil, claims[chunk].map({ !isLive($0) }) ?? true { return chunk }
      chunk += 1
    }
    return nil
  }

  private func isFound(_ chunk: UInt64) -> Bool { chunk < mergedChunks || waiting[chunk] != nil }
}
