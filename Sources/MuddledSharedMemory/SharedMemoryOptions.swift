/// The bounds that a shared-memory coordinator keeps.
public struct SharedMemoryOptions: Sendable, Hashable {
  /// The most bytes that a batch's log may hold at one time; the process that makes the file decides.
  public var capacity: Int
  /// How long the file of a batch stays that nobody uses and somebody left without a word.
  public var retention: Duration
  /// How long another process may take for what takes microseconds; after that it counts as stopped.
  public var lockTimeout: Duration
  /// The folder of the files; `nil` is `/dev/shm`, or `/tmp` where that is not there.
  public var folder: String?

  /// Makes the bounds.
  ///
  /// - Parameters:
  ///   - capacity: 64 MiB by default, at least 4 MiB; rounded up to 256 KiB. Memory is taken only for what the log
  ///     holds, and given back when it is trimmed.
  ///   - retention: 7 days by default.
  ///   - lockTimeout: 5 s by default.
  ///   - folder: `nil` by default; all processes of a batch must name the same.
  public init(
    capacity: Int = 64 << 20, retention: Duration = .seconds(7 * 24 * 3600),
    lockTimeout: Duration = .seconds(5), folder: String? = nil
  ) {
    self.capacity = capacity
    self.retention = retention
    self.lockTimeout = lockTimeout
    self.folder = folder
  }
}
