import Glibc
import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

@testable import MuddledRedis

@Suite("A Redis server that fails", .timeLimit(.minutes(20)), .inTurn)
struct RedisFaultTests {
  private let impatient = RedisOptions(
    connectTimeout: .milliseconds(500), commandTimeout: .milliseconds(500),
    reconnectTimeout: .milliseconds(300))

  private static let secret = "s3cret \"@/:ä"

  @Test("A server that is not there is reported at once, with its place", .redis())
  func down() async throws {
    let sandbox = try Sandbox.ofTest
    await sandbox.killRedis()
    for (url, place) in [
      (sandbox.socketURL, "unix:\(sandbox.redisSocket)"),
      (sandbox.portURL, "127.0.0.1:\(sandbox.redisPort)"),
    ] {
      let node = try RedisCoordinator(url: url, batch: "b")
      let start = ContinuousClock.now
      for operation in node.operations {
        let error = await muddledError(of: operation)
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains(place) == true)
      }
      #expect(ContinuousClock.now - start < .seconds(10))
      await node.close()
    }
  }

  @Test(
    "A password opens the server; without it or with a wrong one the sentence shows none",
    .redis("--requirepass", secret))
  func passwords() async throws {
    let sandbox = try Sandbox.ofTest
    for var url in [sandbox.socketURL, sandbox.portURL] {
      (url.user, url.password) = ("default", Self.secret)
      let node = try RedisCoordinator(url: url, batch: "b")
      #expect(try await node.renewLease(of: "n").count == 1)
      await node.close()
      for wrong in [nil, "wr0ng", ""] {
        url.user = nil
        url.password = wrong
        let stranger = try RedisCoordinator(url: url, batch: "b")
        let error = await muddledError { _ = try await stranger.append([1], at: 0) }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains(url.location) == true)
        #expect(error?.message.contains(Self.secret) == false)
        #expect(error?.message.contains("wr0ng") == false)
        await stranger.close()
      }
    }
  }

  @Test(
    "A login at a server without passwords is refused, and so is a database that it lacks", .redis()
  )
  func refusedGreetings() async throws {
    let sandbox = try Sandbox.ofTest
    let greetings: [(String?, String?, Int)] = [
      (nil, "secr3t", 0), ("nobody", "secr3t", 0), (nil, nil, 99),
    ]
    for (user, password, database) in greetings {
      var url = sandbox.socketURL
      (url.user, url.password, url.database) = (user, password, database)
      let node = try RedisCoordinator(url: url, batch: "b")
      let error = await muddledError { _ = try await node.renewLease(of: "n") }
      #expect(error?.code == .configuration)
      #expect(error?.message.contains("secr3t") == false)
      await node.close()
    }
    var other = sandbox.socketURL
    other.database = 5
    let here = try RedisCoordinator(url: sandbox.socketURL, batch: "b")
    let there = try RedisCoordinator(url: other, batch: "b")
    _ = try await here.append([1], at: 0)
    #expect(try await there.records(from: 0, waitingAtMost: .zero).isEmpty)
    await here.close()
    await there.close()
  }

  @Test("A server that goes away and stays away ends every operation within the bound", .redis())
  func stopsForGood() async throws {
    let sandbox = try Sandbox.ofTest
    let node = try RedisCoordinator(url: sandbox.socketURL, batch: "b", options: impatient)
    _ = try await node.append([1], at: 0)
    let start = ContinuousClock.now
    let wait = Task { try await node.records(from: 1, waitingAtMost: .seconds(50)) }
    try await Task.sleep(for: .milliseconds(20))
    await sandbox.killRedis()
    let error = await muddledError { _ = try await wait.value }
    #expect(error?.code == .unavailable)
    #expect(await muddledError { _ = try await node.append([1], at: 1) }?.code == .unavailable)
    #expect(ContinuousClock.now - start < .seconds(10))
    await node.close()
  }

  @Test(
    "A server that comes back with its data is used again, by a wait and by an append",
    .redis("--appendonly", "yes", "--appendfsync", "no"))
  func comesBack() async throws {
    let sandbox = try Sandbox.ofTest
    // A loaded machine may take its time to start the server again.
    let options = RedisOptions(reconnectTimeout: .seconds(30))
    let nodes = try (0..<2).map { _ in
      try RedisCoordinator(url: sandbox.socketURL, batch: "b", options: options)
    }
    _ = try await nodes[0].append([1], at: 0)
    _ = try await nodes[0].renewLease(of: "n")
    let wait = Task { try await nodes[1].records(from: 1, waitingAtMost: .seconds(30)) }
    try await Task.sleep(for: .milliseconds(20))
    await sandbox.killRedis()
    try await sandbox.startRedis()
    #expect(try await nodes[0].append([2], at: 1) == .appended)
    #expect(try await wait.value == [LogRecord(position: 1, bytes: [2])])
    #expect(try await nodes[1].renewLease(of: nil).map(\.node) == ["n"])
    for node in nodes { await node.close() }
  }

  @Test("A server that comes back empty is told from one that has nothing yet", .redis())
  func comesBackEmpty() async throws {
    let sandbox = try Sandbox.ofTest
    let node = try RedisCoordinator(url: sandbox.socketURL, batch: "b")
    for position in 0..<3 as Range<UInt64> { _ = try await node.append([1], at: position) }
    let wait = Task { try await node.records(from: 3, waitingAtMost: .seconds(50)) }
    try await Task.sleep(for: .milliseconds(20))
    await sandbox.killRedis()
    try await sandbox.startRedis()
    let other = try RedisCoordinator(url: sandbox.socketURL, batch: "b")
    for operation in [
      { _ = try await wait.value },
      { _ = try await node.append([1], at: 3) },
      { _ = try await node.records(from: 3, waitingAtMost: .zero) },
      { _ = try await node.records(from: 3, waitingAtMost: .seconds(20)) },
    ] as [() async throws -> Void] {
      let error = await muddledError(of: operation)
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("no longer has the log of batch \"b\"") == true)
    }
    // Somebody who begins anew makes no log that this node could take for its own.
    #expect(try await other.append([2], at: 0) == .appended)
    #expect(await muddledError { _ = try await node.append([1], at: 3) }?.code == .unavailable)
    #expect(try await other.records(from: 0, waitingAtMost: .zero).count == 1)
    await node.close()
    await other.close()
  }

  @Test(
    "An append whose reply is lost is found again, and told from another's equal record", .redis())
  func lostReply() async throws {
    let sandbox = try Sandbox.ofTest
    let proxy = try CuttingProxy(to: sandbox)
    defer { proxy.stop() }
    let node = try RedisCoordinator(url: proxy.url, batch: "b")
    let other = try RedisCoordinator(url: sandbox.socketURL, batch: "b")
    proxy.cut(at: "XADD")
    #expect(try await node.append([1], at: 0) == .appended)
    #expect(proxy.hasCut)
    #expect(try await other.append([2], at: 1) == .appended)
    proxy.cut(at: "XADD")
    #expect(try await node.append([2], at: 1) == .taken)
    #expect(proxy.hasCut)
    #expect(try await other.records(from: 0, waitingAtMost: .zero).map(\.bytes) == [[1], [2]])
    await node.close()
    await other.close()
  }

  @Test(
    "A server that hangs counts as away after the command's bound, and is used again later",
    .redis())
  func hangs() async throws {
    let sandbox = try Sandbox.ofTest
    let node = try RedisCoordinator(url: sandbox.socketURL, batch: "b", options: impatient)
    _ = try await node.append([1], at: 0)
    let server = try #require(await sandbox.redisProcessID)
    try await freeze(server)
    let start = ContinuousClock.now
    #expect(await muddledError { _ = try await node.append([2], at: 1) }?.code == .unavailable)
    #expect(ContinuousClock.now - start < .seconds(10))
    kill(server, SIGCONT)
    // The try that hung may have been carried out by now, and counts as another's.
    let result = try await node.append([3], at: 1)
    let log = try await node.records(from: 1, waitingAtMost: .zero).map(\.bytes)
    #expect(log == (result == .appended ? [[3]] : [[2]]))
    await node.close()
  }

  @Test("A version before 6.2 is refused by name, and a later one of any form is not")
  func versions() throws {
    let url = RedisURL(endpoint: .tcp(host: "h", port: 1))
    for old in ["2.8.0", "6.0.16", "6.1.241"] {
      let error = #expect(throws: MuddledError.self) {
        try RedisGreeting.checkVersion(in: "# Server\r\nredis_version:\(old)\r\nx:1", of: url)
      }
      #expect(error?.code == .configuration)
      #expect(error?.message.contains(old) == true)
    }
    for fine in ["6.2.0", "6.2", "7.0.15", "10.0.0", "7.4-rc1"] {
      try RedisGreeting.checkVersion(in: "# Server\r\nredis_version:\(fine)\r\n", of: url)
    }
  }
}
