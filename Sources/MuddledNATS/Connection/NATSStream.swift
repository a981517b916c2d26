#if NATS
  internal import CNATS
  import MuddledCore

  /// The stream of one batch: its name, its settings, and the calls of JetStream about it, all of which block.
  struct NATSStream: Sendable {
    /// How the stream is called; ids may hold what names may not.
    let name: String
    /// The one subject of its messages.
    let subject: String
    /// Tells the batch's id, so that two ids of the same digest are told apart.
    private let description: String
    private let batch: String
    private let location: String
    private let retention: Duration

    init(of batch: String, at location: String, retention: Duration) {
      var digest = Digest()
      digest.update(batch)
      name = "\(Self.nameStart)\(digest)"
      subject = "muddled.\(digest)"
      description = Self.descriptionStart + Self.escaped(batch)
      self.batch = batch
      self.location = location
      self.retention = retention
    }

    static let nameStart = "muddled-"
    static let descriptionStart = "muddled batch "

    /// The id of the batch that a stream is of; `nil` if it is another's.
    static func batch(of information: jsStreamInfo) -> String? {
      guard let name = information.Config.pointee.Name.map({ String(cString: $0) }),
        let text = information.Config.pointee.Description.map({ String(cString: $0) }),
        name.hasPrefix(nameStart), text.hasPrefix(descriptionStart)
      else { return nil }
      return unescaped(text.dropFirst(descriptionStart.count))
    }

    /// Undoes ``escaped(_:)``.
    private static func unescaped(_ text: Substring) -> String {
      var (bytes, rest): ([UInt8], Substring.UTF8View) = ([], text.utf8[...])
      while let byte = rest.popFirst() {
        let digits = rest.prefix(2)
        if byte == UInt8(ascii: "%"), let code = UInt8(String(Substring(digits)), radix: 16) {
          bytes.append(code)
          rest = rest.dropFirst(2)
        } else {
          bytes.append(byte)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }

    /// libnats copies a description as it is into JSON, and C texts hold no zero.
    private static func escaped(_ id: String) -> String {
      id.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          String(UnicodeScalar(byte))
        default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
      }.joined()
    }

    /// Finds the stream, or makes it.
    ///
    /// - Parameter birth: when the stream was made that this process has used before; `nil` if it used none.
    /// - Returns: when the stream was made, in nanoseconds of the server's clock.
    /// - Throws: ``MuddledError`` if that stream is gone, or JetStream refuses; ``NATSBroken``.
    func open(on link: NATSLink, birth: Int64?) throws -> Int64 {
      try link.withContext { context in
        var information: UnsafeMutablePointer<jsStreamInfo>?
        var code = jsErrCode(rawValue: 0)
        var status = js_GetStreamInfo(&information, context, name, nil, &code)
        if status == NATS_NOT_FOUND {
          if birth != nil { throw lost }
          status = add(&information, context, &code)
          if code == JSStreamNameExistErr || code == JSStreamSubjectOverlapErr {
            // Another node made it meanwhile, and at the same moment it may overlap with itself (nats-server 2.9).
            let refusal = (status, code)
            status = js_GetStreamInfo(&information, context, name, nil, &code)
            if status == NATS_NOT_FOUND { (status, code) = refusal }
          } else if let information {
            removeForgotten(before: information.pointee.Created, context)
          }
        }
        try check(status, code)
        guard let information else { throw NATSBroken(NATS_NO_MEMORY) }
        defer { jsStreamInfo_Destroy(information) }
        let found = information.pointee.Config.pointee.Description.map { String(cString: $0) }
        guard found == description else {
          throw MuddledError(
            .configuration,
            "The stream \(name) of the NATS server at \(location) is not that of batch "
              + "\(batch.debugDescription); remove it, or use another batch id.")
        }
        // A stream is listed a moment before it is made.
        guard information.pointee.Created > 0 else { throw NATSBroken("the stream is being made") }
        if let birth, birth != information.pointee.Created { throw lost }
        return information.pointee.Created
      }
    }

    private func add(
      _ information: inout UnsafeMutablePointer<jsStreamInfo>?, _ context: OpaquePointer,
      _ code: inout jsErrCode
    ) -> natsStatus {
      var settings = jsStreamConfig()
      jsStreamConfig_Init(&settings)
      settings.Storage = js_FileStorage
      settings.Retention = js_LimitsPolicy
      settings.MaxAge = retention.milliseconds * 1_000_000
      // A message that is published twice is told by its mark.
      settings.Duplicates = min(settings.MaxAge, 1_000_000_000)
      return name.withCString { name in
        subject.withCString { subject in
          description.withCString { description in
            var subjects: [UnsafePointer<CChar>?] = [subject]
            return subjects.withUnsafeMutableBufferPointer { subjects in
              settings.Name = name
              settings.Description = description
              settings.Subjects = subjects.baseAddress
              settings.SubjectsLen = 1
              return js_AddStream(&information, context, &settings, nil, &code)
            }
          }
        }
      }
    }

    /// Removes the streams of batches whose messages have all expired, which JetStream keeps for ever.
    ///
    /// - Parameter now: the time, in nanoseconds of the server's clock.
    private func removeForgotten(before now: Int64, _ context: OpaquePointer) {
      var streams: UnsafeMutablePointer<jsStreamInfoList>?
      // Whoever makes the next stream will see to what fails here.
      guard js_Streams(&streams, context, nil, nil) == NATS_OK, let streams else { return }
      defer { jsStreamInfoList_Destroy(streams) }
      for index in 0..<Int(streams.pointee.Count) {
        guard let stream = streams.pointee.List[index]?.pointee, stream.State.Msgs == 0,
          let name = stream.Config.pointee.Name, Self.batch(of: stream) != nil,
          stream.Config.pointee.MaxAge > 0, stream.Created > 0,
          now - max(stream.Created, stream.State.LastTime) > stream.Config.pointee.MaxAge
        else { continue }
        _ = js_DeleteStream(context, name, nil, nil)
      }
    }

    /// Subscribes to the messages from a number on.
    func subscribe(on link: NATSLink, from sequence: UInt64) throws -> OpaquePointer {
      try link.withContext { context in
        var options = jsSubOptions()
        jsSubOptions_Init(&options)
        options.Ordered = true
        options.Config.DeliverPolicy = js_DeliverByStartSequence
        options.Config.OptStartSeq = sequence + 1
        var subscription: OpaquePointer?
        var code = jsErrCode(rawValue: 0)
        let status = name.withCString { name in
          options.Stream = name
          return js_SubscribeSync(&subscription, context, subject, nil, &options, &code)
        }
        try check(status, code)
        guard let subscription else { throw NATSBroken(NATS_NO_MEMORY) }
        natsSubscription_SetPendingLimits(subscription, -1, -1)
        return subscription
      }
    }

    /// Removes the messages before a number.
    func purge(on link: NATSLink, before sequence: UInt64) throws {
      try link.withContext { context in
        var options = jsOptions()
        jsOptions_Init(&options)
        options.Stream.Purge.Sequence = sequence + 1
        var code = jsErrCode(rawValue: 0)
        let status = js_PurgeStream(context, name, &options, &code)
        try check(status, code)
      }
    }

    private func check(_ status: natsStatus, _ code: jsErrCode) throws {
      guard status != NATS_OK else { return }
      // Whether it is gone, or only being made, is found out when it is looked for again.
      if status == NATS_NOT_FOUND { throw NATSBroken("no stream") }
      switch code {
      case JSNotEnabledErr, JSNotEnabledForAccountErr:
        throw MuddledError(
          .configuration,
          "The NATS server at \(location) has no JetStream for this login; start it with --jetstream."
        )
      case jsErrCode(rawValue: 0): throw NATSBroken(status)
      default:
        let words = nats_GetLastError(nil).map { String(cString: $0) } ?? "error \(code.rawValue)"
        throw MuddledError(
          .unavailable, "JetStream of the NATS server at \(location) refused: \(words).")
      }
    }

    /// What to throw when the stream that was there is there no more.
    private var lost: MuddledError {
      MuddledError(
        .unavailable,
        "The NATS server at \(location) no longer has the log of batch \(batch.debugDescription): it was "
          + "restarted without its data, or the stream \(name) was removed; start again under a new batch id."
      )
    }
  }
#endif
