internal import CSharedMemory

/// The begin of a batch's file, mapped or read: whose it is, where its log stands, and places for leases.
///
/// A copy stands for the same memory. What changes after ``fill(batch:capacity:)`` is read and changed under the mutex;
/// the order of the stores is such that a process may be killed after each.
struct BatchHeader {
  /// Where the log begins and ends. Offsets count bytes from the first record ever, so they only grow.
  struct Extent {
    var firstPosition: UInt64
    var head: UInt64
    var endPosition: UInt64
    var tail: UInt64
  }

  static let leasePlaces = 512
  /// With the places for leases.
  static let byteCount =
    MemoryLayout<muddled_header>.stride + leasePlaces * MemoryLayout<muddled_lease>.stride
  /// "muddled" and the layout's version.
  private static let magic: UInt64 = 0x6d75_6464_6c65_6402

  private let header: UnsafeMutablePointer<muddled_header>
  private let places: UnsafeMutableBufferPointer<muddled_lease>
  /// Grows with every record.
  let sequence: Futex

  /// - Parameter memory: ``byteCount`` bytes that begin at a multiple of 16, and stay as long as this value is used.
  init(at memory: UnsafeMutableRawPointer) {
    header = memory.bindMemory(to: muddled_header.self, capacity: 1)
    places = UnsafeMutableBufferPointer(
      start: (memory + MemoryLayout<muddled_header>.stride)
        .bindMemory(to: muddled_lease.self, capacity: Self.leasePlaces),
      count: Self.leasePlaces)
    func word(_ field: PartialKeyPath<muddled_header>) -> UnsafeMutablePointer<UInt32> {
      let offset = MemoryLayout<muddled_header>.offset(of: field)!
      return (memory + offset).assumingMemoryBound(to: UInt32.self)
    }
    sequence = Futex(word(\.sequence), sleepers: word(\.sleepers))
  }

  // MARK: Whose it is

  /// Writes all of it into memory that is zero.
  ///
  /// - Returns: 0, or the number of the error that kept the mutex from being made.
  func fill(batch: String, capacity: UInt64) -> Int32 {
    let code = muddled_mutex_init(header)
    guard code == 0 else { return code }
    header.pointee.capacity = capacity
    header.pointee.made_at = BootClock.now
    header.pointee.used_at = header.pointee.made_at
    header.pointee.boot_length = UInt32(BootClock.id.count)
    withUnsafeMutableBytes(of: &header.pointee.boot) { $0.copyBytes(from: BootClock.id) }
    header.pointee.batch_length = UInt32(batch.utf8.count)
    withUnsafeMutableBytes(of: &header.pointee.batch) { $0.copyBytes(from: batch.utf8) }
    muddled_store_wide(&header.pointee.magic, Self.magic)
    return 0
  }

  /// Whether it was written to its end, in this layout.
  var isWhole: Bool { header.pointee.magic == Self.magic }
  /// How many bytes the ring has.
  var capacity: UInt64 { header.pointee.capacity }
  var batch: [UInt8] { Self.bytes(header.pointee.batch, header.pointee.batch_length) }
  /// The ``BootClock/id`` under which the file was made.
  var boot: [UInt8] { Self.bytes(header.pointee.boot, header.pointee.boot_length) }
  /// When the file was made, by the ``BootClock``.
  var madeAt: UInt64 { header.pointee.made_at }
  /// When the batch was last used, by the ``BootClock``.
  var usedAt: UInt64 {
    get { header.pointee.used_at }
    nonmutating set { header.pointee.used_at = newValue }
  }
  /// Whether the file stays although nobody holds a lease.
  var isKept: Bool {
    get { header.pointee.is_kept != 0 }
    nonmutating set { header.pointee.is_kept = newValue ? 1 : 0 }
  }

  private static func bytes<Field>(_ field: Field, _ length: UInt32) -> [UInt8] {
    withUnsafeBytes(of: field) { Array($0.prefix(Int(length))) }
  }

  // MARK: The mutex

  /// Takes the mutex.
  ///
  /// - Returns: 0; `EOWNERDEAD` if its last owner died with it, in which case it is taken and usable; or the number of
  ///   another error.
  func lock(atMost milliseconds: UInt32) -> Int32 { muddled_mutex_lock(header, milliseconds) }

  func unlock() { muddled_mutex_unlock(header) }

  // MARK: The log

  /// Where the log begins and ends.
  var extent: Extent {
    get {
      Extent(
        muddled_load(&header.pointee.current) == 0
          ? header.pointee.extents.0 : header.pointee.extents.1)
    }
    nonmutating set {
      prepare(newValue)
      muddled_store(&header.pointee.current, spare)
    }
  }

  /// Which of the two extents does not count.
  private var spare: UInt32 { muddled_load(&header.pointee.current) == 0 ? 1 : 0 }

  /// Writes an extent that nobody reads until the store that makes it count.
  func prepare(_ extent: Extent) {
    if spare == 0 {
      header.pointee.extents.0 = muddled_extent(extent)
    } else {
      header.pointee.extents.1 = muddled_extent(extent)
    }
  }

  /// Up to which offset of the ring the file has memory.
  var reservedEnd: UInt64 {
    get { header.pointee.reserved_end }
    nonmutating set { header.pointee.reserved_end = newValue }
  }

  /// Up to which offset of the ring memory was given back.
  var releasedEnd: UInt64 {
    get { header.pointee.released_end }
    nonmutating set { header.pointee.released_end = newValue }
  }

  // MARK: Leases

  /// Whose leases stand in the places, and when each was last renewed, by the ``BootClock``.
  var leases: [(node: [UInt8], renewedAt: UInt64)] {
    places.lazy.filter { $0.is_held != 0 }.map { (Self.bytes($0.id, $0.length), $0.renewed_at) }
  }

  var hasLease: Bool { places.contains { $0.is_held != 0 } }

  /// Renews the lease of a node, or gives it one.
  ///
  /// - Returns: whether there was a place for it.
  func renewLease(of node: [UInt8], at now: UInt64) -> Bool {
    if let place = place(of: node) {
      muddled_store_wide(&places[place].renewed_at, now)
      return true
    }
    guard let place = places.firstIndex(where: { $0.is_held == 0 }) else { return false }
    prepareLease(of: node, at: now, place: place)
    muddled_store(&places[place].is_held, 1)
    return true
  }

  /// Writes a lease into a free place, which is held only by the store behind that.
  func prepareLease(of node: [UInt8], at now: UInt64, place: Int) {
    places[place].renewed_at = now
    places[place].length = UInt32(node.count)
    withUnsafeMutableBytes(of: &places[place].id) { $0.copyBytes(from: node) }
  }

  /// Frees the place of a node, if it has one.
  func dropLease(of node: [UInt8]) {
    guard let place = place(of: node) else { return }
    muddled_store(&places[place].is_held, 0)
  }

  private func place(of node: [UInt8]) -> Int? {
    places.firstIndex {
      $0.is_held != 0 && Int($0.length) == node.count && Self.bytes($0.id, $0.length) == node
    }
  }
}

extension BatchHeader.Extent {
  fileprivate init(_ extent: muddled_extent) {
    firstPosition = extent.first_position
    head = extent.head
    endPosition = extent.end_position
    tail = extent.tail
  }
}

extension muddled_extent {
  fileprivate init(_ extent: BatchHeader.Extent) {
    self.init(
      first_position: extent.firstPosition, head: extent.head, end_position: extent.endPosition,
      tail: extent.tail)
  }
}
