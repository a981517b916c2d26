import CPlainFutex
import Glibc

/// A number in a mapped file that processes sleep on, by plain system calls.
struct PlainFutex: ~Copyable {
  private let word: UnsafeMutablePointer<UInt32>

  init(file: String) {
    let descriptor = open(file, O_RDWR | O_CREAT, 0o600)
    let size = 4096
    guard descriptor >= 0, ftruncate(descriptor, size) == 0,
      let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      mapped != MAP_FAILED
    else { fatalError("\(file) cannot be mapped") }
    close(descriptor)
    word = mapped.bindMemory(to: UInt32.self, capacity: 1)
  }

  deinit { munmap(word, 4096) }

  /// Sets the number, and wakes whoever sleeps.
  func set(_ number: UInt32) { plain_store_and_wake(word, number) }

  /// Sleeps until the number is this one or a later one.
  func wait(for number: UInt32) {
    while true {
      let now = plain_load(word)
      if now >= number { return }
      plain_wait(word, now)
    }
  }
}
