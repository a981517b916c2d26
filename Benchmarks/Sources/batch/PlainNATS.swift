#if NATS
  import CPlainNATS

  /// A stream of JetStream by plain, blocking calls of libnats.
  struct PlainNATS: ~Copyable {
    private let connection: OpaquePointer
    private let context: OpaquePointer
    private let subscription: OpaquePointer
    private let subject: String
    private var received: UInt64 = 0

    /// Makes the stream if there is none, and subscribes to all of it.
    init(url: String, stream: String) {
      let subject = "plain.\(stream)"
      var options, connection, context, subscription: OpaquePointer?
      must(natsOptions_Create(&options))
      must(natsOptions_SetURL(options, url))
      must(natsOptions_SetSendAsap(options, true))
      must(natsConnection_Connect(&connection, options))
      natsOptions_Destroy(options)
      must(natsConnection_JetStream(&context, connection, nil))
      var settings = jsStreamConfig()
      must(jsStreamConfig_Init(&settings))
      "plain-\(stream)".withCString { name in
        subject.withCString { subject in
          var subjects: [UnsafePointer<CChar>?] = [subject]
          subjects.withUnsafeMutableBufferPointer { subjects in
            settings.Name = name
            settings.Subjects = subjects.baseAddress
            settings.SubjectsLen = 1
            must(js_AddStream(nil, context, &settings, nil, nil))
          }
        }
      }
      var choice = jsSubOptions()
      must(jsSubOptions_Init(&choice))
      choice.Ordered = true
      must(js_SubscribeSync(&subscription, context, subject, nil, &choice, nil))
      self.subject = subject
      self.connection = connection!
      self.context = context!
      self.subscription = subscription!
    }

    deinit {
      natsSubscription_Destroy(subscription)
      jsCtx_Destroy(context)
      natsConnection_Destroy(connection)
      // A process that ends while the library's threads do may be aborted by it.
      nats_CloseAndWait(1000)
    }

    /// Publishes, and waits for the acknowledgement.
    func publish() { must(js_Publish(nil, context, subject, "x", 1, nil, nil)) }

    /// Waits until so many messages have come.
    mutating func receive(upTo count: UInt64) {
      while received < count {
        var message: OpaquePointer?
        must(natsSubscription_NextMsg(&message, subscription, 10_000))
        natsMsg_Destroy(message)
        received += 1
      }
    }
  }

  private func must(_ status: natsStatus) {
    if status != NATS_OK { fatalError("NATS: \(String(cString: natsStatus_GetText(status)))") }
  }
#endif
