internal import MuddledCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Where on this machine the files of one meeting place stand.
struct MeetingPlace: Sendable {
  let folder: String
  private let name: String

  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/configuration`` if the name cannot stand in a file's.
  init(name: String, folder: String?) throws {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isPlain, (1...64).contains(name.utf8.count) else {
      throw MuddledError(
        .configuration,
        "\(name.debugDescription) cannot be the name of a meeting place; give 1 to 64 letters, digits, "
          + "'-', '_' and '.'.")
    }
    self.name = name
    self.folder = folder ?? (access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp")
  }

  /// How the names of all files of this user begin, whatever the meeting place.
  static var prefix: String { "muddled-\(geteuid())-" }

  /// The file of one batch. Its name holds a digest, as an id may be any text.
  func path(batch: String) -> String {
    var digest = Digest()
    digest.update(batch)
    return "\(folder)/\(filePrefix)\(digest)"
  }

  /// The files of this meeting place's batches, and of places whose names begin like this one's.
  var files: [String] { Self.files(in: folder, startingWith: filePrefix) }

  private var filePrefix: String { "\(Self.prefix)\(name)-" }

  /// The paths of the files in a folder whose names begin like this.
  static func files(in folder: String, startingWith prefix: String) -> [String] {
    guard let entries = opendir(folder) else { return [] }
    defer { closedir(entries) }
    var paths: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix(prefix) { paths.append("\(folder)/\(name)") }
    }
    return paths
  }
}
