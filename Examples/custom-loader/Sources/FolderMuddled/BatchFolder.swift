import Foundation
import MuddledCore

/// The folder of one batch, and the files in it.
struct BatchFolder: Sendable {
  /// What the names of all batches' folders start with, so that nobody else's is ever removed.
  private static let prefix = "muddled-"

  /// The folder's path.
  let path: String

  /// Makes the folder if it is not there.
  init(path: String, batch: String) throws {
    self.path = path + "/" + Self.prefix + nameOfFile(for: batch)
    try orUnavailable(self.path) {
      try FileManager.default.createDirectory(
        atPath: self.path, withIntermediateDirectories: true)
    }
  }

  /// Removes the folders of batches in which nothing was made or renamed for so long.
  static func removeAll(in path: String, unusedFor time: TimeInterval) {
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: path)) ?? []
    where name.hasPrefix(prefix) {
      let folder = path + "/" + name
      let attributes = try? files.attributesOfItem(atPath: folder)
      guard let used = attributes?[.modificationDate] as? Date else { continue }
      if used.timeIntervalSinceNow < -time { try? files.removeItem(atPath: folder) }
    }
  }

  // MARK: Files

  /// Whether the record of a position is there.
  func has(_ position: UInt64) -> Bool { access("\(path)/\(position)", F_OK) == 0 }

  /// A file's content; `nil` if it is not there.
  func read(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path + "/" + name).map { Array($0) }
  }

  /// Writes a file, which nobody sees before it is whole.
  func write(_ bytes: [UInt8], to name: String) throws {
    try orUnavailable(path) {
      try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name), options: .atomic)
    }
  }

  /// Removes a file that may be there.
  func remove(_ name: String) { unlink(path + "/" + name) }

  /// The names of all files.
  func files() throws -> [String] {
    try orUnavailable(path) { try FileManager.default.contentsOfDirectory(atPath: path) }
  }

  /// The first position that was not trimmed.
  func trimmed() throws -> UInt64 {
    guard let content = read("trimmed") else { return 0 }
    guard let position = UInt64(String(decoding: content, as: UTF8.self)) else {
      throw MuddledError(.unavailable, "The file \(path)/trimmed holds no number; remove \(path).")
    }
    return position
  }

  // MARK: The lock

  /// Runs `body` while no other process changes the folder; the lock ends with its holder.
  func locked<Result>(_ body: () throws -> Result) async throws -> Result {
    let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw unavailable(path, String(cString: strerror(errno))) }
    defer { _ = Foundation.close(descriptor) }
    let deadline = ContinuousClock.now + .seconds(5)
    // Not a lock that waits: that would keep a thread from all other tasks.
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard .now < deadline else { throw unavailable(path, "another process keeps it locked") }
      // Whoever was cancelled still leaves in good order.
      await Task { try? await Task.sleep(for: .milliseconds(1)) }.value
    }
    return try body()
  }
}

/// A name of a file that stands for any text: ids may hold slashes, and be longer than names may be.
func nameOfFile(for id: String) -> String {
  var digest = Digest()
  digest.update(id)
  return digest.description
}

private func orUnavailable<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
  do { return try body() } catch { throw unavailable(path, error.localizedDescription) }
}

private func unavailable(_ path: String, _ reason: String) -> MuddledError {
  MuddledError(
    .unavailable, "The folder \(path) cannot be used (\(reason)): check its permissions and space.")
}
