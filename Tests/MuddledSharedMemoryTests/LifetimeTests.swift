import MuddledCore
import Testing

@testable import MuddledSharedMemory

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("How long a batch's file lives", .timeLimit(.minutes(20)))
struct LifetimeTests {
  @Test("The last to leave removes the file, and nobody before")
  func lastToLeave() async throws {
    try await Folder.with { folder in
      let nodes = [try await folder.coordinator(), try await folder.coordinator()]
      for (index, node) in nodes.enumerated() {
        _ = try await node.renewLease(of: "\(index)")
        _ = try await node.append([UInt8(index)], at: UInt64(index))
      }
      #expect(folder.files.count == 1)
      #expect(folder.files[0].hasPrefix("muddled-\(geteuid())-test-"))
      try await nodes[0].dropLease(of: "0")
      await nodes[0].close()
      #expect(folder.files.count == 1)
      #expect(try await nodes[1].log().count == 2)
      try await nodes[1].dropLease(of: "1")
      #expect(folder.files.count == 1)
      await nodes[1].close()
      #expect(folder.files == [])
      let next = try await folder.coordinator()
      #expect(try await next.log() == [])
      await next.close()
      #expect(folder.files == [])
    }
  }

  @Test("Only this user may read and write the file")
  func mode() async throws {
    try await Folder.with { folder in
      let node = try await folder.coordinator()
      var status = stat()
      #expect(stat(folder.path + "/" + folder.files[0], &status) == 0)
      #expect(status.st_mode & 0o7777 == 0o600)
      await node.close()
    }
  }

  @Test("A batch that is to be kept is, until a node comes back and leaves again")
  func kept() async throws {
    try await Folder.with { folder in
      let node = try await folder.coordinator()
      _ = try await node.renewLease(of: "1")
      _ = try await node.append([1], at: 0)
      try await node.keep()
      try await node.dropLease(of: "1")
      await node.close()
      // Somebody who only looks changes nothing.
      for _ in 0..<2 {
        let visitor = try await folder.coordinator()
        #expect(try await visitor.log().map(\.bytes) == [[1]])
        await visitor.close()
      }
      let again = try await folder.coordinator()
      _ = try await again.renewLease(of: "1")
      try await again.dropLease(of: "1")
      await again.close()
      #expect(folder.files == [])
    }
  }

  @Test("Any number may come and go at once: none is left alone with a file that others do not see")
  func comingAndGoing() async throws {
    try await Folder.with { folder in
      for _ in 0..<20 {
        let winners = try await withThrowingTaskGroup(of: Int.self) { group in
          for node in 0..<8 {
            group.addTask {
              let coordinator = try await folder.coordinator()
              _ = try await coordinator.renewLease(of: "\(node)")
              let result = try await coordinator.append([UInt8(node)], at: 0)
              return result == .appended ? 1 : 0
            }
          }
          return try await group.reduce(0, +)
        }
        #expect(winners == 1)
        #expect(folder.files.count == 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for node in 0..<8 {
            group.addTask {
              let coordinator = try await folder.coordinator()
              try await coordinator.dropLease(of: "\(node)")
              await coordinator.close()
            }
          }
          try await group.waitForAll()
        }
        #expect(folder.files == [])
      }
    }
  }

  @Test("What is no whole file, or of an earlier start of the machine, is replaced")
  func replaced() async throws {
    try await Folder.with { folder in
      let path = try MeetingPlace(name: "test", folder: folder.path).path(batch: "b")
      func checkReplaced(_ what: Comment) async throws {
        let node = try await folder.coordinator()
        #expect(try await node.log() == [], what)
        #expect(try await node.renewLease(of: nil) == [], what)
        #expect(try await node.append([1], at: 0) == .appended, what)
        await node.close()
        #expect(folder.files == [], what)
      }
      for size in [0, 1, BatchFile.ringStart + 4 << 20] {
        close(open(path, O_CREAT | O_RDWR, 0o600))
        #expect(truncate(path, size) == 0)
        try await checkReplaced("a file of \(size) bytes")
      }
      // Where the fields stand belongs to the layout, whose version is a part of the magic number.
      for (offset, field) in [(0, "magic"), (8, "capacity"), (72, "boot")] {
        try await leave(folder, changing: path, at: offset)
        try await checkReplaced("\(field)")
      }
    }
  }

  /// Leaves a batch with a lease, as if its processes had been killed, and changes a byte of its file.
  private func leave(_ folder: Folder, changing path: String, at offset: Int) async throws {
    let node = try await folder.coordinator()
    _ = try await node.renewLease(of: "1")
    _ = try await node.append([9], at: 0)
    await node.close()
    let descriptor = open(path, O_RDWR)
    var byte: UInt8 = 0
    #expect(pread(descriptor, &byte, 1, off_t(offset)) == 1)
    byte ^= 1
    #expect(pwrite(descriptor, &byte, 1, off_t(offset)) == 1)
    close(descriptor)
  }

  @Test("A new batch removes what nobody has used for the retention, and what nobody can use")
  func sweep() async throws {
    try await Folder.with { folder in
      let live = try await folder.coordinator("live")
      for batch in ["crashed", "crashed too"] {
        let node = try await folder.coordinator(batch)
        _ = try await node.renewLease(of: "1")
        await node.close()
      }
      let broken = folder.path + "/" + MeetingPlace.prefix + "other-0"
      close(open(broken, O_CREAT | O_RDWR, 0o600))
      close(open(folder.path + "/other", O_CREAT | O_RDWR, 0o600))
      #expect(folder.files.count == 5)
      let node = try await folder.coordinator("new")
      #expect(folder.files.count == 5 && !folder.files.contains("\(MeetingPlace.prefix)other-0"))
      let strict = try await folder.coordinator("strict") { $0.retention = .zero }
      #expect(folder.files.count == 4, "\(folder.files)")
      #expect(folder.files.contains("other"))
      for node in [live, node, strict] { await node.close() }
      #expect(folder.files == ["other"])
    }
  }

  @Test("A file that is somebody else's, or another batch's, is refused and stays")
  func refused() async throws {
    try await Folder.with { folder in
      let place = try MeetingPlace(name: "test", folder: folder.path)
      func refusal(_ batch: String) async -> String {
        let error = await #expect(throws: MuddledError.self) {
          try await folder.coordinator(batch)
        }
        #expect(error?.code == .unavailable)
        return error?.message ?? ""
      }
      close(open(place.path(batch: "open"), O_CREAT | O_RDWR, 0o644))
      #expect(await refusal("open").contains("this user alone"))
      #expect(symlink("/etc/passwd", place.path(batch: "link")) == 0)
      #expect(await refusal("link").contains("cannot be opened"))
      let node = try await folder.coordinator("one")
      #expect(rename(place.path(batch: "one"), place.path(batch: "two")) == 0)
      #expect(await refusal("two").contains("another batch"))
      #expect(folder.files.contains { place.path(batch: "two").hasSuffix($0) })
      await node.close()
    }
  }

  @Test("The name of a meeting place, and a folder that is not there, are refused in words")
  func names() async throws {
    for name in ["", "a/b", "ä", "a b", String(repeating: "x", count: 65)] {
      let error = await #expect(throws: MuddledError.self) {
        try await SharedMemoryCoordinator(name: name, batch: "b")
      }
      #expect(error?.code == .configuration)
      #expect(error?.message.contains(name.debugDescription) == true)
    }
    let error = await #expect(throws: MuddledError.self) {
      try await SharedMemoryCoordinator(
        name: "x", batch: "b", options: SharedMemoryOptions(folder: "/nowhere/at/all"))
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("No such file or directory") == true)
  }
}
