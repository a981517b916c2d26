#if NATS
  import MuddledCore
  import MuddledNATS
  import MuddledSandbox
  import MuddledTestKit
  import Testing

  extension Trait where Self == SandboxTrait {
    /// A sandbox with nothing but a NATS server, which gets these further arguments.
    static func nats(_ arguments: String...) -> Self {
      .sandbox(Sandbox.Options(mariaDB: false, nats: true, natsArguments: arguments))
    }
  }

  extension Sandbox {
    /// A node's coordinator on a batch.
    nonisolated func node(
      _ batch: String = "b", url: String? = nil, options: NATSOptions = NATSOptions()
    ) throws -> QueueCoordinator {
      QueueCoordinator(
        try NATSQueue(
          url: NATSURL(url ?? natsURL), batch: batch, options: options))
    }
  }
#endif
