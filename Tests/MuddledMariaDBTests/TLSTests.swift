import Foundation
import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

@testable import MuddledMariaDB

@Suite("TLS to a server with a self-made certificate", .timeLimit(.minutes(20)), .inTurn)
struct TLSTests {
  /// Gives `body` the DSN of a server on TCP, without parameters, and the file of its certificate.
  private func withServer(
    _ body: (_ address: String, _ certificate: String) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("muddled-tls-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = folder.appendingPathComponent("key.pem").path
    let certificate = folder.appendingPathComponent("cert.pem").path
    try await openSSL(
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
      "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate)
    let options = Sandbox.Options(
      mariaDBArguments: ["--ssl-cert=\(certificate)", "--ssl-key=\(key)"])
    try await Sandbox.withServers(options) { sandbox in
      try await body(sandbox.mariaDBTCPDSN(), certificate)
    }
  }

  private func openSSL(_ arguments: String...) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardError = FileHandle.nullDevice
    let status = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    try #require(status == 0, "openssl must be installed")
  }

  @Test("skip-verify and ssl-ca connect encrypted; without the authority the server is refused")
  func tls() async throws {
    try await withServer { address, certificate async throws in

      func cipher(_ parameters: String) async throws -> [SQLValue] {
        let dsn = try MariaDBDSN(address + parameters)
        let database = MariaDBDatabase(dsn)
        let session = try await database.openSession()
        let found = try await session.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        await session.close()
        return rows(found)[0]
      }
      let plain: [SQLValue] = [.text("Ssl_cipher"), .text("")]
      #expect(try await cipher("") == plain)
      for parameters in [
        "?tls=skip-verify", "?tls=preferred", "?ssl-ca=\(certificate)",
        "?tls=true&ssl-ca=\(certificate)", "?tls=skip-verify&timeout=2s",
      ] {
        #expect(try await cipher(parameters) != plain, "\(parameters)")
      }
      let error = await #expect(throws: MuddledError.self) { _ = try await cipher("?tls=true") }
      #expect(error?.code == .configuration)
      #expect(error?.message.contains("TLS") == true, "\(error?.message ?? "")")
    }
  }

  @Test("Statements and large results pass through TLS, and a killed session is noticed")
  func traffic() async throws {
    try await withServer { address, _ in
      let dsn = try MariaDBDSN(address + "?tls=skip-verify")
      let database = MariaDBDatabase(dsn)
      let session = try await database.openSession()
      let text = String(repeating: "x", count: 3_000_000)
      #expect(rows(try await session.execute("SELECT LENGTH('\(text)')")) == [[.number("3000000")]])
      guard
        case .rows(let found) = try await session.execute(
          "SELECT REPEAT('y', 1000) FROM seq_1_to_5000")[0]
      else {
        Issue.record("no rows")
        return
      }
      #expect(found.count == 5000)
      try await database.endSession(session.connectionID, seenAgo: .zero)
      await #expect(throws: SessionLost.self) { try await session.execute("SELECT 1") }
      await session.close()
      await database.close()
    }
  }
}
