internal import MuddledCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What the header of a file says that was there already, read without mapping it.
struct FoundHeader {
  let batch: [UInt8]
  let capacity: UInt64
  /// Whether a node holds a lease, or the last one to leave wanted the file to stay.
  let isWanted: Bool
  /// How long ago the file was made; zero if that was before the machine started.
  let age: Duration
  let isOfThisBoot: Bool
  private let usedAt: UInt64

  /// `nil` if the file was not made to its end, or by another version of muddled.
  init?(_ descriptor: Int32, size: Int) {
    let count = BatchHeader.byteCount
    let found = withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { bytes -> Self? in
      guard size >= BatchFile.ringStart, let memory = bytes.baseAddress,
        pread(descriptor, memory, count, 0) == count
      else { return nil }
      let header = BatchHeader(at: memory)
      guard header.isWhole, header.capacity == UInt64(size - BatchFile.ringStart) else {
        return nil
      }
      return Self(header)
    }
    guard let found else { return nil }
    self = found
  }

  private init(_ header: BatchHeader) {
    batch = header.batch
    capacity = header.capacity
    isWanted = header.isKept || header.hasLease
    let now = BootClock.now
    age = .nanoseconds(now - min(now, header.madeAt))
    isOfThisBoot = header.boot == BootClock.id
    usedAt = header.usedAt
  }

  /// Whether a file without a live holder is worth going on with.
  func isOfUse(retention: Duration) -> Bool {
    let now = BootClock.now
    return isWanted && isOfThisBoot && usedAt <= now && now - usedAt < retention.wholeNanoseconds
  }
}

extension BatchFile {
  /// Removes what crashed or stopped batches of this user left in a folder and nobody has any use for.
  static func sweep(_ folder: String, retention: Duration) {
    for path in MeetingPlace.files(in: folder, startingWith: MeetingPlace.prefix) {
      sweep(file: path, retention)
    }
  }

  private static func sweep(file path: String, _ retention: Duration) {
    let descriptor = Glibc.open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), status.st_nlink > 0,
      lock(descriptor, .gate, .exclusive), lock(descriptor, .holders, .exclusive)
    else { return }
    // The name may stand for another file since; that one's gate is not ours.
    var named = stat()
    guard lstat(path, &named) == 0, named.st_ino == status.st_ino, named.st_dev == status.st_dev
    else { return }
    let header = FoundHeader(descriptor, size: Int(status.st_size))
    if header?.isOfUse(retention: retention) != true { unlink(path) }
  }
}
