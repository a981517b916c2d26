import MuddledRedis
import MuddledSandbox
import MuddledTestKit
import Testing

extension Trait where Self == SandboxTrait {
  /// A sandbox with nothing but a Redis, which gets these further arguments.
  static func redis(_ arguments: String...) -> Self {
    .sandbox(Sandbox.Options(mariaDB: false, redis: true, redisArguments: arguments))
  }
}

extension Sandbox {
  /// Where Redis is, by its unix socket.
  nonisolated var socketURL: RedisURL { RedisURL(endpoint: .unix(path: redisSocket)) }

  /// Where Redis is, by its port.
  nonisolated var portURL: RedisURL {
    RedisURL(endpoint: .tcp(host: "127.0.0.1", port: UInt16(redisPort)))
  }
}
