internal import MuddledCore

// The log: entries in a ring, each a header and the record's bytes.
extension BatchFile {
  /// Stands before each record's bytes; all entries begin at multiples of 8.
  private struct Entry {
    var position: UInt64
    var length: UInt64
  }

  /// The most that one read returns, but for a single record.
  private static let readBytes = 4 << 20
  private static let readRecords = 256

  /// Appends as ``Coordinator/append(_:at:)`` says.
  func append(_ record: [UInt8], at position: UInt64) throws -> AppendResult {
    let result = try locked { () -> AppendResult in
      var extent = header.extent
      guard position <= extent.endPosition else { throw lost }
      guard position == extent.endPosition else { return .taken }
      let end = try write(record, at: position, behind: extent)
      extent.endPosition += 1
      extent.tail = end
      header.usedAt = BootClock.now
      // First, so that whoever dies in between leaves nobody asleep beside a record.
      header.sequence.increment()
      header.extent = extent
      return .appended
    }
    // Not under the mutex, which those who wake want at once.
    if result == .appended { header.sequence.wake() }
    return result
  }

  /// Writes an entry behind the log's end, where nobody looks yet.
  ///
  /// - Returns: where the entry ends.
  func write(
    _ record: [UInt8], at position: UInt64, behind extent: BatchHeader.Extent
  ) throws -> UInt64 {
    let end = extent.tail + Self.entryBytes(record.count)
    guard end - extent.head <= capacity else { throw full }
    try reserve(to: end)
    let entry = Entry(position: position, length: UInt64(record.count))
    withUnsafeBytes(of: entry) { copy($0, to: extent.tail) }
    record.withUnsafeBytes { copy($0, to: extent.tail + UInt64(MemoryLayout<Entry>.size)) }
    return end
  }

  /// The records from `position` on that are there now, some megabytes at most.
  func records(from position: UInt64) throws -> [LogRecord] {
    try locked {
      let extent = header.extent
      guard position <= extent.endPosition else { throw lost }
      var next = extent.firstPosition
      var offset = extent.head
      if next...max(next, position) ~= bookmark.position, bookmark.offset >= offset {
        (next, offset) = bookmark
      }
      var records: [LogRecord] = []
      var bytes = 0
      while next < extent.endPosition, records.count < Self.readRecords, bytes < Self.readBytes {
        let entry = try entry(of: next, at: offset)
        if next >= position {
          records.append(LogRecord(position: next, bytes: self.bytes(of: entry, at: offset)))
          bytes += Int(entry.length)
        }
        next += 1
        offset += Self.entryBytes(Int(entry.length))
      }
      bookmark = (next, offset)
      return records
    }
  }

  /// Forgets every record before `position`, and gives their memory back.
  func trim(before position: UInt64) throws {
    try locked {
      var extent = header.extent
      while extent.firstPosition < min(position, extent.endPosition) {
        let entry = try entry(of: extent.firstPosition, at: extent.head)
        extent.firstPosition += 1
        extent.head += Self.entryBytes(Int(entry.length))
      }
      guard extent.head > header.extent.head else { return }
      header.extent = extent
      release(before: extent.head)
    }
  }

  // MARK: Memory

  /// Sees to it that the ring has memory up to an offset.
  private func reserve(to end: UInt64) throws {
    while header.reservedEnd < end {
      let start = header.reservedEnd
      let code = Self.reserve(descriptor, at: place(of: start), Self.chunk)
      guard code == 0 else { throw Self.refused(path, "grow", code) }
      // What stood here one round ago may still have its memory; it must not be taken away now.
      if start >= capacity {
        let earlier = start - capacity + Self.chunk
        header.releasedEnd = max(header.releasedEnd, earlier)
      }
      header.reservedEnd = start + Self.chunk
    }
  }

  /// Gives the memory of whole pieces before an offset back.
  private func release(before head: UInt64) {
    while header.releasedEnd + Self.chunk <= head {
      Self.release(descriptor, at: place(of: header.releasedEnd), Self.chunk)
      header.releasedEnd += Self.chunk
    }
  }

  /// Where an offset of the ring stands in the file.
  private func place(of offset: UInt64) -> UInt64 { UInt64(Self.ringStart) + offset % capacity }

  // MARK: Entries

  /// What a record of so many bytes takes, with its header, up to the next multiple of 8.
  private static func entryBytes(_ count: Int) -> UInt64 {
    UInt64((MemoryLayout<Entry>.size + count + 7) & ~7)
  }

  private func entry(of position: UInt64, at offset: UInt64) throws -> Entry {
    var entry = Entry(position: 0, length: 0)
    withUnsafeMutableBytes(of: &entry) { copy(from: offset, to: $0) }
    guard entry.position == position, entry.length <= CoordinatorLimits.recordBytes else {
      throw MuddledError(
        .unavailable,
        "\(path), where batch \(batch.debugDescription) meets, was written to by something else; remove it, "
          + "and start all nodes again.")
    }
    return entry
  }

  private func bytes(of entry: Entry, at offset: UInt64) -> [UInt8] {
    let start = offset + UInt64(MemoryLayout<Entry>.size)
    return [UInt8](unsafeUninitializedCapacity: Int(entry.length)) { buffer, count in
      copy(from: start, to: UnsafeMutableRawBufferPointer(buffer)[..<Int(entry.length)])
      count = Int(entry.length)
    }
  }

  /// Copies into the ring, round its end if need be.
  private func copy(_ bytes: UnsafeRawBufferPointer, to offset: UInt64) {
    guard let source = bytes.baseAddress else { return }
    let start = Int(offset % capacity)
    let first = min(bytes.count, Int(capacity) - start)
    (ring + start).copyMemory(from: source, byteCount: first)
    ring.copyMemory(from: source + first, byteCount: bytes.count - first)
  }

  private func copy(from offset: UInt64, to bytes: Slice<UnsafeMutableRawBufferPointer>) {
    copy(from: offset, to: UnsafeMutableRawBufferPointer(rebasing: bytes))
  }

  private func copy(from offset: UInt64, to bytes: UnsafeMutableRawBufferPointer) {
    guard let target = bytes.baseAddress else { return }
    let start = Int(offset % capacity)
    let first = min(bytes.count, Int(capacity) - start)
    target.copyMemory(from: ring + start, byteCount: first)
    (target + first).copyMemory(from: ring, byteCount: bytes.count - first)
  }

  // MARK: Errors

  private var full: MuddledError {
    MuddledError(
      .unavailable,
      "The log of batch \(batch.debugDescription) in \(path) is full: its \(capacity >> 20) MiB hold records "
        + "that a node still has to read; use a coordinator of another kind for results of that size."
    )
  }

  private var lost: MuddledError {
    MuddledError(
      .unavailable,
      "The shared memory \(path) no longer has the log of batch \(batch.debugDescription); start all nodes again."
    )
  }
}
