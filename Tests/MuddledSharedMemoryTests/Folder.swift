import MuddledCore
import MuddledSharedMemory

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A folder of a test's own, in which batches can meet.
struct Folder: Codable {
  let path: String

  /// Gives a new folder to `body`, and removes it with its files.
  static func with(_ body: (Folder) async throws -> Void) async throws {
    var template = Array("/tmp/muddled-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw MuddledError(.unavailable, "no folder") }
    let folder = Folder(
      path: String(
        decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    defer { folder.remove() }
    try await body(folder)
  }

  private func remove() {
    for file in files { unlink(path + "/" + file) }
    rmdir(path)
  }

  /// The names of its files.
  var files: [String] {
    guard let entries = opendir(path) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// A handle on a batch that meets in this folder.
  func coordinator(
    _ batch: String = "b", _ change: (inout SharedMemoryOptions) -> Void = { _ in }
  ) async throws -> SharedMemoryCoordinator {
    var options = SharedMemoryOptions(capacity: 4 << 20, folder: path)
    change(&options)
    return try await SharedMemoryCoordinator(name: "test", batch: batch, options: options)
  }
}

extension SharedMemoryCoordinator {
  /// All records from the first one that is kept.
  func log() async throws -> [LogRecord] {
    var log: [LogRecord] = []
    while true {
      let more = try await records(
        from: log.last.map { $0.position + 1 } ?? 0, waitingAtMost: .zero)
      if more.isEmpty { return log }
      log += more
    }
  }

  /// Appends at the end, wherever that is.
  func append(_ record: [UInt8]) async throws {
    var position = UInt64(try await log().last.map { $0.position + 1 } ?? 0)
    while try await append(record, at: position) == .taken { position += 1 }
  }
}
