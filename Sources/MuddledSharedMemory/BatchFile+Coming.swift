internal import MuddledCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

// Coming and going.
extension BatchFile {
  /// Opens the file of a batch, or makes it if there is none that is of use.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if that cannot be.
  static func open(
    _ place: MeetingPlace, batch: String, options: SharedMemoryOptions
  ) async throws -> BatchFile {
    let path = place.path(batch: batch)
    let limit = ContinuousClock.now + options.lockTimeout
    while true {
      if let (file, isNew) = try attempt(path, batch: batch, options: options) {
        if isNew { sweep(place.folder, retention: options.retention) }
        return file
      }
      guard ContinuousClock.now < limit else {
        throw MuddledError(
          .unavailable,
          "A process has stood in the gate of \(path), where batch \(batch.debugDescription) meets, for "
            + "\(options.lockTimeout.wholeMilliseconds) ms; is one of the batch stopped?")
      }
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  /// - Returns: the file, and whether it was made now; `nil` if somebody else comes or goes just now, or the file was
  ///   of no use and is gone.
  private static func attempt(
    _ path: String, batch: String, options: SharedMemoryOptions
  ) throws -> (file: BatchFile, isNew: Bool)? {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw refused(path, "be opened", errno) }
    var keeps = false
    defer { if !keeps { close(descriptor) } }
    guard lock(descriptor, .gate, .exclusive), let size = try checkedSize(of: descriptor, path)
    else {
      return nil
    }
    let isAlone = lock(descriptor, .holders, .exclusive)
    let found = FoundHeader(descriptor, size: size)
    if isAlone, size > 0, found?.isOfUse(retention: options.retention) != true {
      unlink(path)
      return nil
    }
    let file: BatchFile
    if size == 0 {
      file = try make(descriptor, path, batch: batch, options: options)
    } else {
      guard let found else {
        throw MuddledError(
          .unavailable,
          "\(path) is in use by another version of muddled; use the same version in all processes.")
      }
      guard found.batch == Array(batch.utf8) else {
        throw MuddledError(
          .unavailable,
          "\(path) belongs to another batch, whose id has the same digest; choose another batch id."
        )
      }
      file = try BatchFile(
        descriptor, path: path, batch: batch, capacity: found.capacity, options: options)
    }
    keeps = true
    lock(descriptor, .holders, .shared)
    lock(descriptor, .gate, .none)
    return (file, size == 0)
  }

  /// The size of an open file that has this user's name still; `nil` if it was removed.
  private static func checkedSize(of descriptor: Int32, _ path: String) throws -> Int? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw refused(path, "be looked at", errno) }
    guard status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG,
      status.st_mode & 0o077 == 0
    else {
      throw MuddledError(
        .unavailable,
        "\(path) is not a file that this user alone can read and write; remove it.")
    }
    return status.st_nlink == 0 ? nil : Int(status.st_size)
  }

  private static func make(
    _ descriptor: Int32, _ path: String, batch: String, options: SharedMemoryOptions
  ) throws -> BatchFile {
    let chunks = (UInt64(max(4 << 20, options.capacity)) + chunk - 1) / chunk
    let capacity = chunks * chunk
    do {
      guard ftruncate(descriptor, ringStart + Int(capacity)) == 0 else {
        throw refused(path, "be made", errno)
      }
      let reserved = reserve(descriptor, at: 0, UInt64(ringStart))
      guard reserved == 0 else { throw refused(path, "be made", reserved) }
      let file = try BatchFile(
        descriptor, path: path, batch: batch, capacity: capacity, options: options)
      let filled = file.header.fill(batch: batch, capacity: capacity)
      guard filled == 0 else { throw refused(path, "hold a lock", filled) }
      return file
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Gives up this process's hold; the last one removes the file, unless it is to be kept.
  func leave() async {
    let limit = ContinuousClock.now + options.lockTimeout
    while !Self.lock(descriptor, .gate, .exclusive) {
      // Somebody stands in the gate who does not move; the kernel drops our hold with the descriptor.
      guard ContinuousClock.now < limit else { return }
      try? await Task.sleep(for: .milliseconds(1))
    }
    if await isLast() {
      let isWanted = FoundHeader(descriptor, size: Self.ringStart + Int(capacity))?.isWanted
      if isWanted != true { unlink(path) }
    }
    Self.lock(descriptor, .holders, .none)
    Self.lock(descriptor, .gate, .none)
  }

  /// Whether no other process or value holds the file.
  ///
  /// A child that some thread of this process forks has our descriptors, and with them the holds of values that
  /// are gone, until it has become another program.
  private func isLast() async -> Bool {
    for _ in 0..<Self.forkPatience {
      if Self.lock(descriptor, .holders, .exclusive) { return true }
      try? await Task.sleep(for: .milliseconds(1))
    }
    return Self.lock(descriptor, .holders, .exclusive)
  }

  /// How many milliseconds a child may take from its fork to its program.
  private static let forkPatience = 20
}
