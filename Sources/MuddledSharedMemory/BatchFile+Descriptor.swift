internal import CSharedMemory

// What the system does for an open file: locks on its bytes, and memory.
extension BatchFile {
  /// The locked bytes.
  enum Byte: Int64 { case gate, holders }

  enum Hold: Unicode.Scalar {
    case exclusive = "x"
    case shared = "s"
    case none = "u"
  }

  /// Takes or gives up a lock without waiting; it belongs to the open file, and ends with it.
  ///
  /// - Returns: whether the lock was to be had at once.
  @discardableResult
  static func lock(_ descriptor: Int32, _ byte: Byte, _ hold: Hold) -> Bool {
    muddled_lock_byte(descriptor, byte.rawValue, CChar(hold.rawValue.value)) == 0
  }

  /// Gives a range of the file memory.
  ///
  /// A page that the file system has no memory for would end the process with SIGBUS.
  ///
  /// - Returns: 0, or the number of an error: `ENOSPC` if there is no more.
  static func reserve(_ descriptor: Int32, at offset: UInt64, _ count: UInt64) -> Int32 {
    muddled_reserve(descriptor, offset, count)
  }

  /// Takes the memory of a range back where the file system can; it reads as zeros then.
  static func release(_ descriptor: Int32, at offset: UInt64, _ count: UInt64) {
    muddled_release(descriptor, offset, count)
  }
}
