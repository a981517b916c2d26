#if NATS
  import MuddledCore
  import MuddledNATS
  import Testing

  @Suite("NATSURL")
  struct NATSURLTests {
    @Test("Each form is read")
    func reads() throws {
      for (text, place, user, secret) in [
        ("nats://h", "h:4222", nil, nil), ("NATS://127.0.0.1:7000/", "127.0.0.1:7000", nil, nil),
        ("nats://u:p@h:1", "h:1", "u", "p"), ("nats://u:@h", "h:4222", "u", ""),
        ("nats://t0ken@h", "h:4222", nil, "t0ken"),
        ("nats://u%3A:p%40%2F%c3%a4@[::1]:7", "[::1]:7", "u:", "p@/ä"),
      ] as [(String, String, String?, String?)] {
        let url = try NATSURL(text)
        #expect(url.location == place)
        #expect(url.user == user && url.secret == secret, "\(text)")
      }
    }

    @Test(
      "What is no address is refused without quoting any of it",
      arguments: [
        "", "hunter2", "hunter2://h", "nats:hunter2", "nats://", "nats://:hunter2@h",
        "nats://u:hunter2@h:port", "nats://h:0", "nats://h:65536", "nats://h/hunter2",
        "nats://h?hunter2=1", "nats://h#hunter2", "nats://u:hunter2%00@h", "nats://u:hunter2/x@h",
        "tls://u:hunter2@h",
      ])
    func refuses(text: String) {
      let error = #expect(throws: MuddledError.self) { try NATSURL(text) }
      #expect(error?.code == .configuration)
      #expect(error?.message.contains("hunter2") == false)
    }

    @Test("Nothing that an address prints as holds its password or token")
    func printing() throws {
      for text in ["nats://u:hunter2@[::1]:7", "nats://hunter2@h"] {
        let url = try NATSURL(text)
        var dumped = ""
        dump(url, to: &dumped)
        for shown in ["\(url)", String(reflecting: url), dumped, "\([url])", url.location] {
          #expect(!shown.contains("hunter2"))
        }
        #expect("\(url)".contains("***@"))
      }
    }
  }
#endif
