#if NATS
  internal import CNATS
  import FoundationEssentials
  import Glibc
  import MuddledCore

  /// The C objects of one connection. All methods but those that block belong to the loop's thread.
  ///
  /// Sendable because libnats locks its own objects, and the other state is touched on the loop's thread alone.
  final class NATSLink: @unchecked Sendable {
    /// What the server said to a message.
    enum Ack {
      case stored
      /// No stream takes the message.
      case noStream
      case refused(String)
    }

    let attachment: NATSAttachment
    private var connection: OpaquePointer?
    private let context: OpaquePointer
    private let inbox: OpaquePointer
    private let inboxName: String
    private var subscription: OpaquePointer?

    /// Whether neither side has ended the connection.
    private(set) var isOpen = true
    /// The number of the next message that the subscription brings; `nil` if there is none.
    private var nextSequence: UInt64?
    private var messages: [QueueMessage] = []
    private var acks: [UInt64: Ack] = [:]
    private var lastTicket: UInt64 = 0
    /// When something came last.
    private(set) var lastRead = ContinuousClock.now

    /// Connects and logs in; blocks.
    ///
    /// - Throws: ``NATSBroken``, or ``MuddledError`` if the server refuses the login.
    init(to url: NATSURL, options: NATSOptions, attachment: NATSAttachment) throws {
      self.attachment = attachment
      let connection = try Self.connect(to: url, options: options, attachment: attachment)
      var (context, inbox): (OpaquePointer?, OpaquePointer?)
      var name: UnsafeMutablePointer<CChar>?
      defer { natsInbox_Destroy(name) }
      do {
        var api = jsOptions()
        try check(jsOptions_Init(&api))
        api.Wait = options.commandTimeout.milliseconds
        try check(natsConnection_JetStream(&context, connection, &api))
        try check(natsInbox_Create(&name))
        inboxName = name.map { String(cString: $0) } ?? ""
        try check(natsConnection_SubscribeSync(&inbox, connection, inboxName + ".*"))
        try check(natsSubscription_SetPendingLimits(inbox, -1, -1))
      } catch {
        natsSubscription_Destroy(inbox)
        jsCtx_Destroy(context)
        natsConnection_Destroy(connection)
        attachment.closeSocket()
        throw error
      }
      guard let context, let inbox else { throw NATSBroken(NATS_NO_MEMORY) }
      (self.connection, self.context, self.inbox) = (connection, context, inbox)
    }

    /// Connects and logs in; blocks.
    ///
    /// - Parameter attachment: what drives the connection; `nil` leaves that to threads of libnats.
    static func connect(
      to url: NATSURL, options: NATSOptions, attachment: NATSAttachment?
    ) throws -> OpaquePointer {
      var settings: OpaquePointer?
      try check(natsOptions_Create(&settings))
      guard let settings else { throw NATSBroken(NATS_NO_MEMORY) }
      defer { natsOptions_Destroy(settings) }
      try check(natsOptions_SetURL(settings, "nats://" + url.location))
      try check(natsOptions_SetName(settings, "muddled"))
      try check(natsOptions_SetTimeout(settings, max(1, options.connectTimeout.milliseconds)))
      // A broken connection is made anew, with its subscription, by the queue.
      try check(natsOptions_SetAllowReconnect(settings, false))
      try check(natsOptions_SetSendAsap(settings, true))
      if let user = url.user {
        try check(natsOptions_SetUserInfo(settings, user, url.secret ?? ""))
      } else if let token = url.secret {
        try check(natsOptions_SetToken(settings, token))
      }
      try attachment.map { try check($0.attach(to: settings)) }
      var connection: OpaquePointer?
      let status = natsConnection_Connect(&connection, settings)
      guard status == NATS_OK, let connection else {
        guard status == NATS_CONNECTION_AUTH_FAILED else { throw NATSBroken(status) }
        throw MuddledError(
          .configuration,
          "The NATS server at \(url.location) refuses the login; "
            + "check the user and the password, or the token, in the URL.")
      }
      return connection
    }

    /// Ends the connection; blocks. Nothing else may be called afterwards, nor at the same time.
    func destroy() {
      natsSubscription_Destroy(subscription)
      natsSubscription_Destroy(inbox)
      jsCtx_Destroy(context)
      natsConnection_Destroy(connection)
      connection = nil
      attachment.closeSocket()
    }

    /// Notes that the connection is not to be used any more.
    func abandon() {
      isOpen = false
      // Whoever waits on it need not wait for a deadline.
      _ = shutdown(attachment.descriptor, Int32(SHUT_RDWR))
    }

    /// The longest message that the server takes.
    var messageBytes: Int { Int(natsConnection_GetMaxPayload(connection)) }

    /// Whether the server has refused something for want of a permission; it answers such a request with nothing.
    var lacksPermission: Bool {
      var words: UnsafePointer<CChar>?
      return natsConnection_GetLastError(connection, &words) == NATS_NOT_PERMITTED
    }

    // MARK: Publishing

    /// Begins to publish; ``takeAck(of:)`` tells what became of it once ``flush()`` has written it.
    func publish(_ message: [UInt8], to subject: String) throws -> UInt64 {
      lastTicket += 1
      let reply = "\(inboxName).\(lastTicket)"
      // `js_Publish` would block this thread until the answer is there.
      let status = attachment.expectingOutput {
        natsConnection_PublishRequest(
          connection, subject, reply, message, Int32(message.count))
      }
      try check(status)
      return lastTicket
    }

    /// Writes as much as the socket takes; ``NATSAttachment/hasOutput`` tells whether that was all.
    func flush() {
      if isOpen, attachment.hasOutput {
        attachment.expectingOutput { natsConnection_ProcessWriteEvent(connection) }
      }
    }

    /// What the server said to a message; `nil` if it has said nothing yet.
    func takeAck(of ticket: UInt64) -> Ack? { acks.removeValue(forKey: ticket) }

    // MARK: Reading

    /// Takes what has come on the socket.
    ///
    /// - Throws: ``NATSBroken`` if the server has ended the connection.
    func read() throws {
      guard isOpen else { throw NATSBroken.closed }
      lastRead = .now
      natsConnection_ProcessReadEvent(connection)
      try drain()
      if natsConnection_IsClosed(connection) { throw NATSBroken.closed }
    }

    /// Takes over a subscription that was made on another thread.
    func begin(_ subscription: OpaquePointer, at sequence: UInt64) throws {
      natsSubscription_Destroy(self.subscription)
      self.subscription = subscription
      nextSequence = sequence
      messages = []
      try drain()
    }

    /// Whether the subscription goes on with this number.
    func brings(_ sequence: UInt64) -> Bool { nextSequence == sequence }

    /// The messages that have come.
    func takeMessages() -> [QueueMessage] {
      defer { messages = [] }
      if let last = messages.last { nextSequence = last.sequence + 1 }
      return messages
    }

    private func drain() throws {
      while let message = try Self.next(of: inbox) {
        defer { natsMsg_Destroy(message) }
        takeAck(message)
      }
      guard let subscription else { return }
      while let message = try Self.next(of: subscription) {
        defer { natsMsg_Destroy(message) }
        messages.append(try Self.queueMessage(message))
      }
    }

    /// A stream's message as a value.
    static func queueMessage(_ message: OpaquePointer) throws -> QueueMessage {
      var metadata: UnsafeMutablePointer<jsMsgMetaData>?
      try check(natsMsg_GetMetaData(&metadata, message))
      guard let metadata else { throw NATSBroken(NATS_NO_MEMORY) }
      defer { jsMsgMetaData_Destroy(metadata) }
      return QueueMessage(
        sequence: metadata.pointee.Sequence.Stream - 1,
        time: .nanoseconds(metadata.pointee.Timestamp), bytes: bytes(of: message))
    }

    /// The next message that has come; a time-out of 0 only looks.
    private static func next(of subscription: OpaquePointer) throws -> OpaquePointer? {
      var message: OpaquePointer?
      let status = natsSubscription_NextMsg(&message, subscription, 0)
      if status == NATS_TIMEOUT { return nil }
      try check(status)
      return message
    }

    private static func bytes(of message: OpaquePointer) -> [UInt8] {
      Array(
        UnsafeRawBufferPointer(
          start: natsMsg_GetData(message), count: Int(natsMsg_GetDataLength(message))))
    }

    private func takeAck(_ message: OpaquePointer) {
      guard let subject = natsMsg_GetSubject(message).map({ String(cString: $0) }),
        let ticket = UInt64(subject.dropFirst(inboxName.utf8.count + 1))
      else { return }
      acks[ticket] = Self.ack(in: message)
    }

    /// Reads `{"stream": …, "seq": …}` or `{"error": {"description": …}}` (ADR-1 of NATS).
    private static func ack(in message: OpaquePointer) -> Ack {
      struct Reply: Decodable {
        struct Failure: Decodable { let description: String? }
        let error: Failure?
        let seq: UInt64?
      }
      if natsMsg_IsNoResponders(message) { return .noStream }
      let bytes = bytes(of: message)
      guard let reply = try? JSONDecoder().decode(Reply.self, from: Data(bytes)) else {
        return .refused("it answered what is no acknowledgement")
      }
      if let error = reply.error { return .refused(error.description ?? "for no reason given") }
      return (reply.seq ?? 0) > 0 ? .stored : .refused("it gave the message no number")
    }
  }

  // MARK: - Calls that block

  extension NATSLink {
    /// Lets calls that block use the JetStream context.
    func withContext<Value>(_ body: (OpaquePointer) throws -> Value) rethrows -> Value {
      try body(context)
    }
  }

  // MARK: - What the other files know without libnats

  extension NATSAttachment {
    /// Sets the callbacks; the connection must not outlive this value.
    fileprivate func attach(to options: OpaquePointer) -> natsStatus {
      natsOptions_SetEventLoop(
        options, Unmanaged.passUnretained(self).toOpaque(),
        { data, loop, _, socket in
          data?.pointee = loop
          return NATSAttachment.of(loop).take(socket) ? NATS_OK : NATS_SYS_ERROR
        },
        { _, _ in NATS_OK },
        { data, isAdded in
          NATSAttachment.of(data).note(output: isAdded)
          return NATS_OK
        },
        { _ in NATS_OK })
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> NATSAttachment {
      Unmanaged<NATSAttachment>.fromOpaque(pointer!).takeUnretainedValue()
    }
  }

  extension NATSBroken {
    /// Neither side may use the connection any more.
    static var closed: NATSBroken { NATSBroken(NATS_CONNECTION_CLOSED) }

    /// Takes libnats's words for a status, which quote nothing of the caller's.
    init(_ status: natsStatus) { self.init(String(cString: natsStatus_GetText(status))) }
  }

  /// Throws unless the call went well.
  func check(_ status: natsStatus) throws {
    guard status == NATS_OK else { throw NATSBroken(status) }
  }
#endif
