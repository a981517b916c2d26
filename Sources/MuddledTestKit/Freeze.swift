#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Stops a process with `SIGSTOP`, and waits until each of its threads stands still.
///
/// The signal is only a request: on busy cores a server's threads answer for a while yet.
package func freeze(_ process: Int32) async throws {
  kill(process, SIGSTOP)
  while !isFrozen(process) { try await Task.sleep(for: .milliseconds(2)) }
}

/// Whether all threads of a process are stopped, or the process is gone.
private func isFrozen(_ process: Int32) -> Bool {
  let folder = "/proc/\(process)/task"
  guard let threads = opendir(folder) else { return true }
  defer { closedir(threads) }
  while let entry = readdir(threads) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard let thread = Int32(name), let state = state(of: thread, in: folder) else { continue }
    if state != "T" && state != "t" { return false }
  }
  return true
}

/// The letter after the command's name in a thread's `stat` (proc_pid_stat(5)).
private func state(of thread: Int32, in folder: String) -> Character? {
  guard let file = fopen("\(folder)/\(thread)/stat", "r") else { return nil }
  defer { fclose(file) }
  var buffer = [UInt8](repeating: 0, count: 512)
  let count = fread(&buffer, 1, buffer.count, file)
  let text = String(decoding: buffer.prefix(count), as: UTF8.self)
  guard let end = text.lastIndex(of: ")") else { return nil }
  return text[end...].dropFirst(2).first
}
