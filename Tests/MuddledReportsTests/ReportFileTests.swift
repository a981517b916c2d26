import Foundation
import MuddledCore
import MuddledReports
import Testing

@Suite("A report's file", .timeLimit(.minutes(1)))
struct ReportFileTests {
  private static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test("Asking whether a file can be written changes nothing; writing puts it there whole")
  func writes() async throws {
    try await Explored.withFolder { folder in
      let file = try ReportFile(folder + "/a.txt")
      #expect(try Self.names(in: folder) == [])
      try file.write("one")
      try file.write("another")
      #expect(try Self.names(in: folder) == ["a.txt"])
      #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "another")
    }
  }

  @Test("What cannot be written is refused with its name and the reason")
  func refusals() async throws {
    try await Explored.withFolder { folder in
      for (path, words) in [
        (folder, "Is a directory"), (folder + "/none/a.txt", "No such file"),
        ("/proc/self/none", "No such file"),
      ] {
        let error = #expect(throws: MuddledError.self) { try ReportFile(path) }
        #expect(error?.code == .usage)
        #expect(error?.message.contains("\"\(path)\"") == true)
        #expect(error?.message.contains(words) == true, "\(path): \(error?.message ?? "")")
      }
    }
  }

  @Test("A link stays a link, a file keeps its rights, and a device is written to, not replaced")
  func kinds() async throws {
    try await Explored.withFolder { folder in
      let manager = FileManager.default
      try "old".write(toFile: folder + "/real", atomically: false, encoding: .utf8)
      try manager.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder + "/real")
      try manager.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "real")
      try ReportFile(folder + "/link").write("new")
      #expect(try manager.destinationOfSymbolicLink(atPath: folder + "/link") == "real")
      #expect(try String(contentsOfFile: folder + "/real", encoding: .utf8) == "new")
      let rights = try manager.attributesOfItem(atPath: folder + "/real")[.posixPermissions]
      #expect(rights as? Int == 0o640)
      try ReportFile("/dev/null").write("gone")
      #expect(
        try manager.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
          == .typeCharacterSpecial)
    }
  }

  @Test("A folder that has gone meanwhile is an error, and leaves nothing behind")
  func folderGone() async throws {
    try await Explored.withFolder { folder in
      let inner = folder + "/inner"
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      let file = try ReportFile(inner + "/a.txt")
      try FileManager.default.removeItem(atPath: inner)
      let error = #expect(throws: MuddledError.self) { try file.write("new") }
      #expect(error?.code == .unavailable)
      #expect(try Self.names(in: folder) == [])
    }
  }
}
