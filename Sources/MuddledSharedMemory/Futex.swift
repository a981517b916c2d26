internal import CSharedMemory

/// A number in memory that threads of several processes sleep on until it is another one, and how many do.
///
/// A copy stands for the same memory, which whoever made the first one keeps.
struct Futex {
  private let word: UnsafeMutablePointer<UInt32>
  private let sleepers: UnsafeMutablePointer<UInt32>

  init(_ word: UnsafeMutablePointer<UInt32>, sleepers: UnsafeMutablePointer<UInt32>) {
    self.word = word
    self.sleepers = sleepers
  }

  /// The number now, before and after whatever the program says.
  var value: UInt32 {
    get { muddled_load(word) }
    nonmutating set { muddled_store(word, newValue) }
  }

  func increment() { muddled_increment(word) }

  /// Sleeps while the number is this one, at most for so many milliseconds. May return early.
  func wait(while value: UInt32, atMost milliseconds: UInt32) {
    muddled_wait(word, value, sleepers, milliseconds)
  }

  /// Wakes all who sleep, if there are any.
  func wake() { muddled_wake(word, sleepers) }
}
