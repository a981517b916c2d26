public import MuddledCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The batches of one meeting place in the memory of this machine, as ``SharedMemoryCoordinator`` keeps them.
///
/// Those of other users are not seen. All operations may be called from any task; none waits for more than others'
/// copying of some megabytes.
public struct SharedMemoryBatchDirectory: BatchDirectory {
  private let place: MeetingPlace
  private let options: SharedMemoryOptions

  /// Describes the directory.
  ///
  /// - Parameters:
  ///   - name: the meeting place's name: 1 to 64 letters, digits, `-`, `_` and `.`.
  ///   - options: the bounds to keep, and the folder.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/configuration`` for the name.
  public init(name: String, options: SharedMemoryOptions = SharedMemoryOptions()) throws {
    place = try MeetingPlace(name: name, folder: options.folder)
    self.options = options
  }

  /// The ids of the batches, found by the files' names and headers.
  public func batches() async throws -> [String] {
    let ids = place.files.compactMap { path -> [UInt8]? in
      guard let found = opened(path) else { return nil }
      defer { Glibc.close(found.descriptor) }
      // A place whose name goes on where this one's ends has other files.
      let id = String(decoding: found.header.batch, as: UTF8.self)
      return place.path(batch: id) == path ? found.header.batch : nil
    }
    return ids.sorted { $0.lexicographicallyPrecedes($1) }.map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// What the file of a batch holds.
  public func batch(_ id: String) async throws -> StoredBatch? {
    let path = place.path(batch: id)
    guard let found = opened(path) else { return nil }
    guard found.header.batch == Array(id.utf8) else {
      Glibc.close(found.descriptor)
      return nil
    }
    // The mapping closes the descriptor. Nobody is kept from leaving: it has no hold on the file.
    let file = try BatchFile(
      found.descriptor, path: path, batch: id, capacity: found.header.capacity, options: options)
    var records: [LogRecord] = []
    while true {
      let more = try file.records(from: records.last.map { $0.position + 1 } ?? 0)
      if more.isEmpty { break }
      records += more
    }
    return StoredBatch(
      id: id, age: found.header.age, leases: try file.renewLease(of: nil), records: records)
  }

  /// Removes the file of a batch.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if a process has it open: it would go on alone.
  public func remove(_ id: String) async throws {
    let path = place.path(batch: id)
    guard let found = opened(path) else { return }
    defer { Glibc.close(found.descriptor) }
    guard BatchFile.lock(found.descriptor, .gate, .exclusive),
      BatchFile.lock(found.descriptor, .holders, .exclusive)
    else {
      throw MuddledError(
        .usage,
        "batch \(id.quoted) is in use: a process has \(path) open; end it first, also if it is stopped"
      )
    }
    unlink(path)
  }

  /// Does nothing: no file stays open between two operations.
  public func close() async {}

  /// Opens a file that this boot of the machine has made, and reads its header.
  private func opened(_ path: String) -> (descriptor: Int32, header: FoundHeader)? {
    let descriptor = Glibc.open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), status.st_nlink > 0,
      let header = FoundHeader(descriptor, size: Int(status.st_size)), header.isOfThisBoot
    else {
      Glibc.close(descriptor)
      return nil
    }
    return (descriptor, header)
  }
}
