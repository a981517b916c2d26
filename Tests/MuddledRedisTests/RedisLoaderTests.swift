import MuddledCore
import MuddledRedis
import MuddledSandbox
import MuddledTestKit
import Synchronization
import Testing

@Suite("RedisLoader", .timeLimit(.minutes(20)), .redis())
struct RedisLoaderTests {
  /// Runs one command.
  @discardableResult
  private static func ask(
    _ url: RedisURL, _ name: String, _ arguments: [String]
  ) async throws -> RedisReply {
    let loop = EventLoop()
    defer { loop.stop() }
    let connection = RedisConnection(to: url, options: RedisOptions(), on: loop)
    var command = RedisCommand(name)
    for argument in arguments { command.add(argument) }
    let question = command
    let reply = try await connection.perform { connection, _ in
      try await connection.exchange([question])[0]
    }
    await connection.close()
    return reply
  }

  /// Checks that a load is refused, with all of these words and no password.
  private func expectRefusal(
    _ code: MuddledError.Code, _ words: [String], by loader: RedisLoader,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    await MuddledTestKit.expectRefusal(
      code, words, hiding: "hidden", by: loader, sourceLocation: sourceLocation)
  }

  private static let nodes = Mutex(0)

  @Test("It does what every loader does", arguments: LoaderConformance.checks)
  func conformance(check: LoaderConformance.Check) async throws {
    let url = try Sandbox.ofTest.socketURL
    try await check.run(
      LoaderConformance(
        make: { statements in
          let loader = RedisLoader(
            url: url, node: "conformance \(Self.nodes.withLock { $0 += 1; return $0 })")
          if !statements.isEmpty {
            let reply = try await Self.ask(url, "RPUSH", [loader.key] + statements)
            #expect(reply == .integer(Int64(statements.count)))
          }
          return loader
        }, absent: { RedisLoader(url: url, node: "nobody") }))
  }

  @Test("The node's id stands in the key wherever the key says so")
  func keys() async throws {
    let url = try Sandbox.ofTest.portURL
    #expect(RedisLoader(url: url, node: "1").key == "muddled:steps:1")
    #expect(RedisLoader(url: url, node: "{id} x", key: "{id}/{id}").key == "{id} x/{id} x")
    #expect(RedisLoader(url: url, node: "1", key: "fixed").key == "fixed")
    try await Self.ask(url, "RPUSH", ["{é}:a\n7:", "BEGIN;", "COMMIT"])
    let loader = RedisLoader(url: url, node: "7", key: "{é}:a\n{id}:")
    #expect(try await loader.load() == [Step("BEGIN"), Step("COMMIT")])
  }

  @Test("A key that is not there, is no list, or holds what is no statement is named")
  func unusable() async throws {
    let url = try Sandbox.ofTest.socketURL
    await expectRefusal(
      .missingInput, ["The key \"muddled:steps:9\" at redis+unix://", "is not there", "RPUSH"],
      by: RedisLoader(url: url, node: "9"))
    for (type, command) in [
      ("string", ["SET", "a", "SELECT 1"]), ("set", ["SADD", "b", "SELECT 1"]),
      ("stream", ["XADD", "c", "*", "a", "SELECT 1"]), ("hash", ["HSET", "d", "1", "SELECT 1"]),
    ] {
      try await Self.ask(url, command[0], Array(command.dropFirst()))
      await expectRefusal(
        .unusableInput, ["The key \"\(command[1])\"", "holds a \(type), not a list"],
        by: RedisLoader(url: url, node: "1", key: command[1]))
    }
    try await Self.ask(url, "RPUSH", ["e", "SELECT 1", "SELECT\n'", "SELECT 2"])
    await expectRefusal(
      .unusableInput, ["Redis key \"e\", element 1:2: the ' that opens here"],
      by: RedisLoader(url: url, node: "1", key: "e"))
    try await Self.ask(url, "RPUSH", ["f", ""])
    await expectRefusal(
      .unusableInput, ["Redis key \"f\", element 0: there is no statement"],
      by: RedisLoader(url: url, node: "1", key: "f"))
  }

  @Test("More statements than a loader takes are refused")
  func tooMany() async throws {
    let url = try Sandbox.ofTest.socketURL
    try await Self.ask(
      url, "EVAL", ["for i = 1, 100000 do redis.call('RPUSH', KEYS[1], 'DO 1') end", "1", "many"])
    let loader = RedisLoader(url: url, node: "1", key: "many")
    #expect(try await loader.load().count == LoaderLimits.steps)
    try await Self.ask(url, "RPUSH", ["many", "DO 2"])
    await expectRefusal(
      .unusableInput, ["The key \"many\"", "more than 100000 statements"], by: loader)
  }

  @Test(
    "A server that refuses the login or the command, or is not there, is named without a secret")
  func servers() async throws {
    var url = try Sandbox.ofTest.socketURL
    (url.user, url.password) = ("nobody", "hidden")
    await expectRefusal(
      .configuration, ["refuses the login"], by: RedisLoader(url: url, node: "1"))
    try await Self.ask(
      try Sandbox.ofTest.socketURL, "ACL",
      ["SETUSER", "blind", "on", ">hidden", "~*", "+@all", "-lrange"])
    url.user = "blind"
    await expectRefusal(
      .configuration, ["does not let this user run LRANGE"], by: RedisLoader(url: url, node: "1"))
    let nowhere = RedisURL(endpoint: .tcp(host: "127.0.0.1", port: 1), password: "hidden")
    await expectRefusal(
      .unavailable, ["127.0.0.1:1", "cannot be reached"], by: RedisLoader(url: nowhere, node: "1"))
  }
}
