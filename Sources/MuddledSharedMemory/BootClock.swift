#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The time since the machine's last start.
enum BootClock {
  /// In nanoseconds, with the time that the machine was suspended.
  static var now: UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_BOOTTIME, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }

  /// What the machine calls the time since its last start; a file of an earlier one is of no use to anybody.
  static let id: [UInt8] = {
    guard let file = fopen("/proc/sys/kernel/random/boot_id", "re") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 36)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }()
}
