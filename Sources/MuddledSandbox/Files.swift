#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The end of a text file; `nil` if it cannot be read.
///
/// - Parameters:
///   - path: the file.
///   - lastBytes: how much of its end is wanted at most.
func readFile(_ path: String, lastBytes: Int) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  let size = Int(lseek(descriptor, 0, SEEK_END))
  lseek(descriptor, max(0, size - lastBytes), SEEK_SET)
  var bytes = [UInt8](repeating: 0, count: lastBytes)
  let count = read(descriptor, &bytes, lastBytes)
  return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
}

/// The last lines of a log, indented, for the end of an error message.
func lastLines(of path: String, count: Int = 8) -> String {
  let text = readFile(path, lastBytes: 4096) ?? ""
  return text.split(separator: "\n").suffix(count).map { "\n    " + $0 }.joined()
}
