#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension SQLScript {
  /// The longest file that ``reading(_:as:)`` takes, in bytes: 256 MiB.
  public static let fileByteLimit = 256 << 20

  /// Reads a script from a file, the one way in which muddled reads SQL files of any use.
  ///
  /// It waits for the file, on a thread of its own, so that a pipe will do as well.
  ///
  /// - Parameters:
  ///   - path: the file's path, as the C library takes it.
  ///   - name: what messages call the file beside its path, such as `reset file`.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/missingInput`` if the file cannot be
  ///   read, and ``MuddledError/Code/unusableInput`` if it is longer than ``fileByteLimit``, holds
  ///   no statement, or cannot be split (see ``init(utf8:name:)``).
  public static func reading(_ path: String, as name: String = "SQL file") async throws -> SQLScript
  {
    try await onThread { try split(readBytes(path, as: name), of: "\(name) \(path)", name: path) }
  }

  /// Reads a script from an open file to its end; the file stays open.
  ///
  /// - Parameters:
  ///   - descriptor: the file.
  ///   - name: what messages call it.
  /// - Throws: as ``reading(_:as:)``.
  static func reading(descriptor: Int32, as name: String) async throws -> SQLScript {
    try await onThread {
      let bytes = try readBytes(descriptor, of: name, remedy: "give the process one.")
      return try split(bytes, of: name, name: name)
    }
  }

  /// Reads a file as it is; for the rest see ``reading(_:as:)``.
  static func bytes(of path: String, as name: String) async throws -> [UInt8] {
    try await onThread { try readBytes(path, as: name) }
  }

  /// Waits on a thread of its own: the file may be a pipe.
  private static func onThread<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let result = await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: Result { try work() }) }
      thread.start()
    }
    return try result.get()
  }

  private static func split(_ bytes: [UInt8], of place: String, name: String) throws -> SQLScript {
    let script = try SQLScript(utf8: bytes, name: name)
    guard !script.statements.isEmpty else {
      throw MuddledError(
        .unusableInput, "The \(place) holds no statement: write at least one into it.")
    }
    return script
  }

  private static func readBytes(_ path: String, as name: String) throws -> [UInt8] {
    let (place, remedy) = ("\(name) \(path)", "check its path.")
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(place, remedy) }
    defer { close(descriptor) }
    return try readBytes(descriptor, of: place, remedy: remedy)
  }

  private static func readBytes(
    _ descriptor: Int32, of place: String, remedy: String
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(place, remedy) }
      guard count > 0 else { return bytes }
      bytes += part[..<count]
      guard bytes.count <= fileByteLimit else {
        throw MuddledError(
          .unusableInput, "The \(place) is longer than \(fileByteLimit >> 20) MiB: split it.")
      }
    }
  }

  private static func unreadable(_ place: String, _ remedy: String) -> MuddledError {
    let reason = String(cString: strerror(errno))
    return MuddledError(.missingInput, "The \(place) cannot be read (\(reason)): \(remedy)")
  }
}
