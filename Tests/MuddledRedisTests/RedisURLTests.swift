import MuddledCore
import MuddledRedis
import Testing

@Suite("RedisURL")
struct RedisURLTests {
  private static func tcp(
    _ host: String, _ port: UInt16 = 6379, user: String? = nil, password: String? = nil,
    database: Int = 0
  ) -> RedisURL {
    RedisURL(
      endpoint: .tcp(host: host, port: port), user: user, password: password, database: database)
  }

  private static func unix(
    _ path: String, user: String? = nil, password: String? = nil, database: Int = 0
  ) -> RedisURL {
    RedisURL(endpoint: .unix(path: path), user: user, password: password, database: database)
  }

  static let readable: [(String, RedisURL)] = [
    ("redis://h", tcp("h")),
    ("REDIS://h/", tcp("h")),
    ("redis://", tcp("127.0.0.1")),
    ("redis://h:7000/3", tcp("h", 7000, database: 3)),
    ("redis://:pw@h:7000/0", tcp("h", 7000, password: "pw")),
    ("redis://u:pw@h", tcp("h", user: "u", password: "pw")),
    ("redis://u:@h", tcp("h", user: "u", password: "")),
    ("redis://:@h", tcp("h")),
    ("redis://u%3A:p%40%2F%c3%a4@h", tcp("h", user: "u:", password: "p@/ä")),
    ("redis://:a@b:c@h:1", tcp("h", 1, password: "a@b:c")),
    ("redis://[::1]", tcp("::1")),
    ("redis://:p@[fe80::1%25eth0]:7000/1", tcp("fe80::1%eth0", 7000, password: "p", database: 1)),
    ("redis://h?db=2", tcp("h", database: 2)),
    ("redis://h/1?password=p%26q&user=u", tcp("h", user: "u", password: "p&q", database: 1)),
    ("unix:/tmp/r.sock", unix("/tmp/r.sock")),
    ("unix:///tmp/r.sock", unix("/tmp/r.sock")),
    ("unix:/tmp/r%20s?db=3&password=p", unix("/tmp/r s", password: "p", database: 3)),
    ("redis+unix:/tmp/r", unix("/tmp/r")),
    ("redis+unix:///tmp/r?db=1", unix("/tmp/r", database: 1)),
    ("unix://:pass@/p?db=1", unix("/p", password: "pass", database: 1)),
    ("unix://u:pass@/p", unix("/p", user: "u", password: "pass")),
  ]

  @Test("Each form is read", arguments: readable)
  func reads(text: String, url: RedisURL) throws {
    #expect(try RedisURL(text) == url)
  }

  @Test(
    "What is no address is refused without quoting any of it",
    arguments: [
      "", "hunter2", "hunter2://h", "redis:hunter2", "redis:/hunter2", "rediss://:hunter2@h",
      "redis://hunter2@h", "redis://:hunter2/x@h", "redis://:hunter2@h:port", "redis://h:hunter2",
      "redis://h:0", "redis://h:65536", "redis://h:+1", "redis://h/hunter2", "redis://h/-1",
      "redis://h/0/hunter2", "redis://[::1", "redis://[::1]hunter2", "redis://:hunter2%@h",
      "redis://:hunter2%g0@h", "redis://:hunter2%00@h", "redis://:hunter2%ff@h",
      "redis://h?hunter2=1", "redis://h?db=hunter2", "redis://h?user=hunter2", "unix:",
      "unix:hunter2",
      "unix://", "unix://hunter2/p", "unix://hunter2@/p", "unix:/hunter2?db=x", "unix:/",
      "unix:/" + String(repeating: "hunter2", count: 16),
    ])
  func refuses(text: String) {
    let error = #expect(throws: MuddledError.self) { try RedisURL(text) }
    #expect(error?.code == .configuration)
    #expect(error?.message.contains("hunter2") == false)
  }

  @Test("TLS is refused by its own sentence")
  func tls() {
    let error = #expect(throws: MuddledError.self) { try RedisURL("rediss://h") }
    #expect(error?.message.contains("TLS") == true)
  }

  @Test("Nothing that an address prints as holds its password")
  func printing() throws {
    for text in ["redis://u:hunter2@[::1]:7/3", "unix://u:hunter2@/p?db=3"] {
      let url = try RedisURL(text)
      var dumped = ""
      dump(url, to: &dumped)
      for shown in ["\(url)", String(reflecting: url), dumped, "\([url])", url.location] {
        #expect(!shown.contains("hunter2"))
      }
      #expect("\(url)".contains("u:***@"))
    }
    #expect(try RedisURL("redis://[::1]:7/3").location == "[::1]:7")
    #expect("\(try RedisURL("redis://h/3"))" == "redis://h:6379/3")
  }
}
