import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file that is written whole or not at all.
///
/// What is written goes into a new file beside it, which then takes its place; what is no regular file, such as a
/// pipe, is written to directly.
public struct ReportFile: Sendable {
  /// The path as it was given; `-` is standard output.
  public let path: String

  private let target: Target

  private enum Target {
    case stream(String)
    case standardOutput
    /// A file, and the rights that it has already.
    case regular(String, mode: mode_t?)
  }

  /// Makes sure that a file can be written, and changes nothing.
  ///
  /// - Parameter path: the file, which need not be there; its folder must. `-` is standard output.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if it cannot be written.
  public init(_ path: String) throws {
    self.path = path
    var status = stat()
    if path == "-" {
      target = .standardOutput
    } else if stat(path, &status) != 0 {
      guard errno == ENOENT, !path.isEmpty else { throw Self.refusal(path, errno) }
      target = .regular(path, mode: nil)
      try probe()
    } else if status.st_mode & S_IFMT == S_IFREG {
      guard access(path, W_OK) == 0 else { throw Self.refusal(path, errno) }
      target = .regular(Self.withoutLinks(path), mode: status.st_mode & 0o777)
      try probe()
    } else {
      guard status.st_mode & S_IFMT != S_IFDIR else { throw Self.refusal(path, EISDIR) }
      guard access(path, W_OK) == 0 else { throw Self.refusal(path, errno) }
      target = .stream(path)
    }
  }

  /// Whether this is standard output.
  public var isStandardOutput: Bool { path == "-" }

  /// Puts a text in place of what the file holds.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if that fails; the file is as it was then.
  public func write(_ text: String) throws {
    switch target {
    case .standardOutput: try put(text, to: STDOUT_FILENO)
    case .stream(let path):
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw failure(errno) }
      defer { close(descriptor) }
      try put(text, to: descriptor)
    case .regular(let path, let mode):
      guard let (descriptor, part) = Self.openPart(beside: path) else { throw failure(errno) }
      do {
        defer { close(descriptor) }
        try put(text, to: descriptor)
        if let mode, fchmod(descriptor, mode) != 0 { throw failure(errno) }
        guard fsync(descriptor) == 0 else { throw failure(errno) }
        guard rename(part, path) == 0 else { throw failure(errno) }
      } catch {
        unlink(part)
        throw error
      }
    }
  }

  private func probe() throws {
    guard case .regular(let path, _) = target else { return }
    guard let (descriptor, part) = Self.openPart(beside: path) else {
      throw Self.refusal(self.path, errno)
    }
    close(descriptor)
    unlink(part)
  }

  /// Makes a file with a name of its own in the same folder.
  private static func openPart(beside path: String) -> (descriptor: Int32, path: String)? {
    for _ in 0..<100 {
      let part = path + ".part\(UInt32.random(in: 0...UInt32.max))"
      let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, part) }
      guard errno == EEXIST else { return nil }
    }
    return nil
  }

  /// Where a path leads, so that a link stays one.
  private static func withoutLinks(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private func put(_ text: String, to descriptor: Int32) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Self.write(descriptor, $0) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw failure(errno)
      }
    }
  }

  private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
      Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }

  private static func refusal(_ path: String, _ code: Int32) -> MuddledError {
    MuddledError(
      .usage,
      "the file \(path.quoted) cannot be written: \(String(cString: strerror(code))); name another")
  }

  private func failure(_ code: Int32) -> MuddledError {
    let name = isStandardOutput ? "standard output" : "the file \(path.quoted)"
    return MuddledError(
      .unavailable, "\(name) cannot be written: \(String(cString: strerror(code)))")
  }
}
