internal import MuddledCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A batch's file, mapped: a header, places for leases, and a ring of records.
///
/// Whoever has it open holds a shared lock on one of its bytes, which the kernel drops however the process ends: so
/// everybody can tell whether a file has a live holder. A second byte is the gate, through which one process at a
/// time comes or goes. What stands in the file is read and changed under the mutex in it, which is robust, by steps after
/// each of which a process may be killed: see ``locked(_:)``.
///
/// Unchecked, as the memory behind the pointers is guarded by that mutex, and nothing else changes after `init`.
final class BatchFile: @unchecked Sendable {
  /// Where the ring begins: behind the header and the leases, at a multiple of any page's size.
  static let ringStart = 128 << 10
  /// The ring gets its memory in pieces of this size.
  static let chunk: UInt64 = 256 << 10

  let path: String
  let batch: String
  let options: SharedMemoryOptions
  let descriptor: Int32
  let header: BatchHeader
  let ring: UnsafeMutableRawPointer
  let capacity: UInt64
  /// Where the last read ended; guarded by the mutex.
  var bookmark: (position: UInt64, offset: UInt64) = (0, 0)

  /// Maps an open file whose length is that of the header and the ring.
  init(
    _ descriptor: Int32, path: String, batch: String, capacity: UInt64,
    options: SharedMemoryOptions
  ) throws {
    let size = Self.ringStart + Int(capacity)
    let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else {
      throw Self.refused(path, "be mapped", errno)
    }
    self.descriptor = descriptor
    self.path = path
    self.batch = batch
    self.capacity = capacity
    self.options = options
    precondition(BatchHeader.byteCount <= Self.ringStart)
    header = BatchHeader(at: mapped)
    ring = mapped + Self.ringStart
  }

  deinit {
    munmap(ring - Self.ringStart, Self.ringStart + Int(capacity))
    close(descriptor)
  }

  /// Runs `body` while no other thread of any process does.
  ///
  /// If a process dies in `body`, the next one to come goes on as if the first had not begun: the log's extent is
  /// published by one store, after all that it speaks of, and so is each lease.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if another process keeps the mutex.
  func locked<Value>(_ body: () throws -> Value) throws -> Value {
    switch header.lock(atMost: options.lockTimeout.wholeMilliseconds) {
    case 0: break
    case EOWNERDEAD:
      // It may have died before it woke those whom it should have woken.
      header.sequence.increment()
      header.sequence.wake()
    case ETIMEDOUT:
      throw MuddledError(
        .unavailable,
        "A process has held the lock of \(path), where batch \(batch.debugDescription) meets, for "
          + "\(options.lockTimeout.wholeMilliseconds) ms; is one of the batch stopped?")
    case let code: throw Self.refused(path, "be locked", code)
    }
    defer { header.unlock() }
    return try body()
  }

  static func refused(_ path: String, _ what: String, _ code: Int32) -> MuddledError {
    MuddledError(
      .unavailable,
      "The shared memory \(path) cannot \(what): \(String(cString: strerror(code))); look at its folder."
    )
  }
}

extension Duration {
  /// Milliseconds as C counts them.
  var wholeMilliseconds: UInt32 { UInt32(clamping: max(0, milliseconds)) }

  /// Nanoseconds, at most as many as fit.
  var wholeNanoseconds: UInt64 {
    let (seconds, rest) = components
    let (product, isTooMuch) = UInt64(clamping: seconds).multipliedReportingOverflow(
      by: 1_000_000_000)
    return isTooMuch ? .max : product + UInt64(clamping: rest / 1_000_000_000)
  }
}
