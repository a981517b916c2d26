#if NATS
  import Foundation
  import MuddledCore
  import MuddledNATS
  import MuddledSandbox
  import MuddledTestKit
  import Testing

  @Suite("A NATS server that fails", .timeLimit(.minutes(20)), .inTurn)
  struct NATSFaultTests {
    private let impatient = NATSOptions(
      connectTimeout: .milliseconds(500), commandTimeout: .milliseconds(500),
      reconnectTimeout: .milliseconds(300))

    private static let secret = "s3cret@:ä"
    private static let encoded = "s3cret%40%3A%C3%A4"

    @Test("A server that is not there is reported at once, with its place", .nats())
    func down() async throws {
      let sandbox = try Sandbox.ofTest
      await sandbox.killNATS()
      let node = try sandbox.node()
      for operation in node.operations {
        let error = await muddledError(of: operation)
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("127.0.0.1:\(sandbox.natsPort)") == true)
      }
      await node.close()
    }

    @Test(
      "A login opens the server; a wrong one, or one without JetStream, gets a sentence without it")
    func logins() async throws {
      let file = NSTemporaryDirectory() + "muddled-nats-\(UUID().uuidString).conf"
      try """
      accounts {
        A { jetstream: enabled, users: [{ user: "u", password: "\(Self.secret)" }] }
        B { users: [{ user: "v", password: "\(Self.secret)" }] }
        C {
          jetstream: enabled
          users: [{
            user: "w", password: "\(Self.secret)", permissions: { publish: { deny: "$JS.API.>" } }
          }]
        }
      }
      """.write(toFile: file, atomically: true, encoding: .utf8)
      defer { try? FileManager.default.removeItem(atPath: file) }
      let options = Sandbox.Options(mariaDB: false, nats: true, natsArguments: ["--config", file])
      try await Sandbox.withServers(options) { sandbox in
        func url(_ login: String) -> String { "nats://\(login)127.0.0.1:\(sandbox.natsPort)" }
        let node = try sandbox.node(url: url("u:\(Self.encoded)@"))
        #expect(try await node.renewLease(of: "n").count == 1)
        await node.close()
        for wrong in ["u:wr0ng@", "", "s3cret@", "v:\(Self.encoded)@"] {
          let stranger = try sandbox.node(url: url(wrong))
          let error = await muddledError { _ = try await stranger.append([1], at: 0) }
          #expect(error?.code == .configuration, "\(error?.message ?? "")")
          #expect(error?.message.contains("127.0.0.1:\(sandbox.natsPort)") == true)
          #expect(error?.message.contains("JetStream") == wrong.hasPrefix("v"))
          #expect(error?.message.contains("s3cret") == false)
          #expect(error?.message.contains("wr0ng") == false)
          await stranger.close()
        }
        let forbidden = try sandbox.node(url: url("w:\(Self.encoded)@"), options: impatient)
        let error = await muddledError { _ = try await forbidden.renewLease(of: "n") }
        #expect(error?.code == .configuration, "\(error?.message ?? "")")
        #expect(error?.message.contains("does not let this login use the stream muddled-") == true)
        await forbidden.close()
      }
    }

    @Test("A token opens the server", .nats("--auth", "t0ken"))
    func token() async throws {
      let sandbox = try Sandbox.ofTest
      let node = try sandbox.node(url: "nats://t0ken@127.0.0.1:\(sandbox.natsPort)")
      #expect(try await node.append([1], at: 0) == .appended)
      await node.close()
    }

    @Test(
      "A server that comes back with its data is used again, by a wait and by an append", .nats())
    func comesBack() async throws {
      let sandbox = try Sandbox.ofTest
      // A loaded machine may take its time to start the server again.
      let options = NATSOptions(reconnectTimeout: .seconds(30))
      let nodes = try (0..<2).map { _ in try sandbox.node(options: options) }
      for position in 0..<50 as Range<UInt64> {
        #expect(try await nodes[0].append([1], at: position) == .appended)
      }
      _ = try await nodes[0].renewLease(of: "n")
      // The last of them is read before the server goes, so that this one has a subscription.
      #expect(try await nodes[1].records(from: 49, waitingAtMost: .seconds(30)).count == 1)
      let wait = Task { try await nodes[1].records(from: 50, waitingAtMost: .seconds(60)) }
      await sandbox.killNATS()
      try await sandbox.startNATS()
      #expect(try await nodes[0].append([2], at: 50) == .appended)
      #expect(try await wait.value == [LogRecord(position: 50, bytes: [2])])
      #expect(try await nodes[1].renewLease(of: nil).map(\.node) == ["n"])
      for node in nodes { await node.close() }
    }

    @Test("A server that comes back empty is told from one that has nothing yet", .nats())
    func comesBackEmpty() async throws {
      let sandbox = try Sandbox.ofTest
      let options = NATSOptions(reconnectTimeout: .seconds(30))
      let node = try sandbox.node(options: options)
      for position in 0..<3 as Range<UInt64> { _ = try await node.append([1], at: position) }
      let wait = Task { try await node.records(from: 3, waitingAtMost: .seconds(60)) }
      await sandbox.killNATS()
      try await sandbox.startNATS(keepsData: false)
      for operation in [
        { _ = try await wait.value },
        { _ = try await node.append([1], at: 3) },
        { _ = try await node.records(from: 3, waitingAtMost: .zero) },
        { _ = try await node.renewLease(of: "n") },
      ] as [() async throws -> Void] {
        let error = await muddledError(of: operation)
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("no longer has the log of batch \"b\"") == true)
      }
      // Somebody who begins anew makes no log that this node could take for its own.
      let other = try sandbox.node()
      #expect(try await other.append([2], at: 0) == .appended)
      #expect(await muddledError { _ = try await node.append([1], at: 3) }?.code == .unavailable)
      await node.close()
      await other.close()
    }

    @Test("A server that hangs counts as away after the bound, and is used again later", .nats())
    func hangs() async throws {
      let sandbox = try Sandbox.ofTest
      let node = try sandbox.node(options: impatient)
      #expect(try await node.append([1], at: 0) == .appended)
      let server = try #require(await sandbox.natsProcessID)
      try await freeze(server)
      #expect(await muddledError { _ = try await node.append([2], at: 1) }?.code == .unavailable)
      kill(server, SIGCONT)
      await node.close()
      // The claim that hung may have been stored by now, or may be stored yet.
      let other = try sandbox.node()
      let result = try await other.append([3], at: 1)
      let log = try await other.records(from: 1, waitingAtMost: .zero).map(\.bytes)
      #expect(log == (result == .appended ? [[3]] : [[2]]))
      await other.close()
    }
  }
#endif
