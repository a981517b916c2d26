#if NATS
  internal import CNATS
  import MuddledCore

  /// A connection by which somebody looks at streams without using them. All its calls block.
  struct NATSLookup: ~Copyable {
    private let connection: OpaquePointer
    private let context: OpaquePointer
    private let options: NATSOptions

    /// Connects and logs in.
    ///
    /// - Throws: ``NATSBroken``, or ``MuddledError`` if the server refuses the login.
    init(at url: NATSURL, options: NATSOptions) throws {
      self.options = options
      let connection = try NATSLink.connect(to: url, options: options, attachment: nil)
      var settings = jsOptions()
      var context: OpaquePointer?
      jsOptions_Init(&settings)
      settings.Wait = options.commandTimeout.milliseconds
      let status = natsConnection_JetStream(&context, connection, &settings)
      guard status == NATS_OK, let context else {
        natsConnection_Destroy(connection)
        throw NATSBroken(status)
      }
      (self.connection, self.context) = (connection, context)
    }

    deinit {
      jsCtx_Destroy(context)
      natsConnection_Destroy(connection)
    }

    /// The ids of all batches, in no order.
    func batches() throws -> [String] {
      var streams: UnsafeMutablePointer<jsStreamInfoList>?
      var code = jsErrCode(rawValue: 0)
      let status = js_Streams(&streams, context, nil, &code)
      if status == NATS_NOT_FOUND { return [] }
      guard status == NATS_OK, let streams else { throw NATSBroken(status) }
      defer { jsStreamInfoList_Destroy(streams) }
      return (0..<Int(streams.pointee.Count)).compactMap { index in
        streams.pointee.List[index].flatMap { NATSStream.batch(of: $0.pointee) }
      }
    }

    /// What a batch's stream holds; `nil` if there is none.
    func batch(_ id: String, in stream: NATSStream) throws -> StoredBatch? {
      var information: UnsafeMutablePointer<jsStreamInfo>?
      var code = jsErrCode(rawValue: 0)
      let status = js_GetStreamInfo(&information, context, stream.name, nil, &code)
      if status == NATS_NOT_FOUND { return nil }
      guard status == NATS_OK, let information else { throw NATSBroken(status) }
      defer { jsStreamInfo_Destroy(information) }
      guard NATSStream.batch(of: information.pointee) == id else { return nil }
      let (messages, now) = try read(stream, to: information.pointee.State)
      return StoredBatch(
        id: id, age: .nanoseconds(max(0, now - information.pointee.Created)), messages: messages,
        now: .nanoseconds(now))
    }

    /// Deletes a batch's stream.
    func delete(_ stream: NATSStream) throws {
      let status = js_DeleteStream(context, stream.name, nil, nil)
      guard status == NATS_OK || status == NATS_NOT_FOUND else { throw NATSBroken(status) }
    }

    /// Reads every message, and the time by the server's clock: that at which the consumer was made.
    private func read(
      _ stream: NATSStream, to state: jsStreamState
    ) throws -> (messages: [QueueMessage], now: Int64) {
      var settings = jsSubOptions()
      jsSubOptions_Init(&settings)
      settings.Ordered = true
      settings.Config.DeliverPolicy = js_DeliverAll
      var subscription: OpaquePointer?
      let status = stream.name.withCString { name in
        settings.Stream = name
        return js_SubscribeSync(&subscription, context, stream.subject, nil, &settings, nil)
      }
      guard status == NATS_OK, let subscription else { throw NATSBroken(status) }
      defer { natsSubscription_Destroy(subscription) }
      natsSubscription_SetPendingLimits(subscription, -1, -1)
      var consumer: UnsafeMutablePointer<jsConsumerInfo>?
      try check(natsSubscription_GetConsumerInfo(&consumer, subscription, nil, nil))
      guard let consumer else { throw NATSBroken(NATS_NO_MEMORY) }
      defer { jsConsumerInfo_Destroy(consumer) }
      var messages: [QueueMessage] = []
      while state.Msgs > 0, messages.last.map({ $0.sequence + 1 < state.LastSeq }) ?? true {
        var message: OpaquePointer?
        let status = natsSubscription_NextMsg(
          &message, subscription, options.commandTimeout.milliseconds)
        guard status == NATS_OK, let message else { throw NATSBroken(status) }
        defer { natsMsg_Destroy(message) }
        messages.append(try NATSLink.queueMessage(message))
      }
      return (messages, consumer.pointee.Created)
    }
  }
#endif
