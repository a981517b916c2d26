import MuddledCore
import MuddledMariaDB
import Testing

@Suite("MariaDBDSN")
struct MariaDBDSNTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let description: String
    let password: String

    init(_ text: String, _ description: String, _ password: String = "") {
      self.text = text
      self.description = description
      self.password = password
    }

    var testDescription: String { text }
  }

  @Test(
    "Every form is read as Go's driver and URLs mean it",
    arguments: [
      Case(
        "root:@tcp(127.0.0.1:4000)/client_test?charset=utf8mb4&parseTime=true",
        "root@tcp(127.0.0.1:4000)/client_test"),
      Case("root:123456@tcp(db.example:3307)/x", "root@tcp(db.example:3307)/x", "123456"),
      Case("user@unix(/path/to.sock)/db", "user@unix(/path/to.sock)/db"),
      Case("user:pw@unix(/a@b/c.sock)/db", "user@unix(/a@b/c.sock)/db", "pw"),
      Case("/db", "tcp(127.0.0.1:3306)/db"),
      Case("/", "tcp(127.0.0.1:3306)/"),
      Case("u:p@/db", "u@tcp(127.0.0.1:3306)/db", "p"),
      Case("u:p@tcp/db", "u@tcp(127.0.0.1:3306)/db", "p"),
      Case("u:p@tcp(h)/db", "u@tcp(h:3306)/db", "p"),
      Case("u:p@tcp([::1]:3307)/db", "u@tcp([::1]:3307)/db", "p"),
      Case("u:p@tcp([fe80::2])/db", "u@tcp([fe80::2]:3306)/db", "p"),
      Case("u:a@b:c/d?e@tcp(h:1)/db", "u@tcp(h:1)/db", "a@b:c/d?e"),
      Case("u:a://b@tcp(h:1)/db", "u@tcp(h:1)/db", "a://b"),
      Case("u:x@tcp(a)/y@tcp(h:1)/db", "u@tcp(h:1)/db", "x@tcp(a)/y"),
      Case("u:p/w@/db", "u@tcp(127.0.0.1:3306)/db", "p/w"),
      Case("u:p@tcp(h)/db?ssl-ca=/etc/ca.pem", "u@tcp(h:3306)/db", "p"),
      Case("u:p@tcp(h)/a%2Fb", "u@tcp(h:3306)/a/b", "p"),
      Case("mysql://u:p@h:3307/db?charset=utf8mb4", "u@tcp(h:3307)/db", "p"),
      Case("mariadb://u%40x:p%3A%2F%20%c3%bc@h/db", "u@x@tcp(h:3306)/db", "p:/ ü"),
      Case("mysql://u:p@localhost/db?socket=/run/s.sock", "u@unix(/run/s.sock)/db", "p"),
      Case("mysql://u:p@[::1]:99/", "u@tcp([::1]:99)/", "p"),
      Case("mysql://h", "tcp(h:3306)/"),
    ])
  func forms(_ form: Case) throws {
    let dsn = try MariaDBDSN(form.text)
    #expect(dsn.description == form.description)
    #expect(dsn.password == form.password)
  }

  @Test("Parameters set charset, TLS and time-outs, and Go's other ones are accepted")
  func parameters() throws {
    let dsn = try MariaDBDSN(
      "u@tcp(h)/d?charset=nonsense,latin1&collation=utf8mb4_bin&timeout=1m0.5s&readTimeout=300ms"
        + "&writeTimeout=0&loc=Asia%2FShanghai&interpolateParams=true&multiStatements=true"
        + "&allowNativePasswords=true&clientFoundRows=true&tls=skip-verify&ssl-ca=/a/b.pem")
    #expect(dsn.charset == "latin1")
    #expect(dsn.collation == "utf8mb4_bin")
    #expect(dsn.connectTimeout == .milliseconds(60_500))
    #expect(dsn.readTimeout == .milliseconds(300))
    #expect(dsn.writeTimeout == nil)
    #expect(dsn.countsFoundRows)
    #expect(dsn.tls == .unverified)
    #expect(dsn.tlsAuthority == "/a/b.pem")
    #expect(try MariaDBDSN("u@tcp(h)/d?ssl-ca=/a.pem").tls == .verified)
    #expect(try MariaDBDSN("u@tcp(h)/d?tls=preferred").tls == .preferred)
    let plain = try MariaDBDSN("u@tcp(h)/d")
    #expect(plain.charset == "utf8mb4" && plain.tls == .off && plain.connectTimeout == .seconds(5))
  }

  @Test(
    "What cannot be read is a configuration error that shows no part of the password",
    arguments: [
      ("root:s3cret@tcp(h:1)", "slash"),
      ("root:s3cret@tcp(h:port)/d", "port"),
      ("root:s3cret@tcp(h:70000)/d", "port"),
      ("root:s3cret@udp(h:1)/d", "tcp(host:port)"),
      ("root:s3cret@tcp(::1:3306)/d", "brackets"),
      ("root:s3cret@tcp([::1/d", "tcp(host:port)"),
      ("root:s3cret@unix()/d", "socket"),
      ("root:s3cret@tcp(h)/d?chraset=utf8", "charset"),
      ("root:s3cret@tcp(h)/d?charset=klingon", "klingon"),
      ("root:s3cret@tcp(h)/d?collation=a'b", "collation"),
      ("root:s3cret@tcp(h)/d?tls=maybe", "skip-verify"),
      ("root:s3cret@tcp(h)/d?timeout=5", "duration"),
      ("root:s3cret@tcp(h)/d?timeout=-5s", "duration"),
      ("root:s3cret@tcp(h)/d?clientFoundRows=ja", "true or false"),
      ("mysql://root:s3cret/x@h/d", "%2F"),
      ("mysql://root:s3cret?x=y@h/d", "%3F"),
      ("mysql://root:s3cret%zz@h/d", "%"),
      ("redis://root:s3cret@h/d", "mysql://"),
    ])
  func refused(_ text: String, _ word: String) throws {
    let error = #expect(throws: MuddledError.self) { try MariaDBDSN(text) }
    #expect(error?.code == .configuration)
    #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("s3cret") == false)
  }

  @Test("Printing, dumping and reflecting a DSN show no password")
  func secrecy() throws {
    let dsn = try MariaDBDSN("root:s3cret@tcp(h:1)/d")
    var dumped = ""
    dump(dsn, to: &dumped)
    for text in ["\(dsn)", String(reflecting: dsn), dumped, "\([dsn])", "\(Optional(dsn) as Any)"] {
      #expect(!text.contains("s3cret"))
      #expect(text.contains("root@tcp(h:1)/d"))
    }
  }
}
