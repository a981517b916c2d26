import MuddledCore
import MuddledTestKit
import Testing

/// A script, and the statements that it must be split into.
private struct Case: CustomTestStringConvertible, Sendable {
  let script: String
  let statements: [String]

  init(_ script: String, _ statements: String...) {
    self.script = script
    self.statements = statements
  }

  var testDescription: String { script.debugDescription }
}

@Suite("SQLScript", .timeLimit(.minutes(20)), .sideThread)
struct SQLScriptTests {
  private func texts(_ script: String) throws -> [String] {
    try SQLScript(script, name: "a.sql").statements.map(\.text)
  }

  @Test(
    "Statements end with a semicolon, which the last may lack",
    arguments: [
      Case(""), Case(" \n\t"), Case(";; ;"), Case("SELECT 1", "SELECT 1"),
      Case("SELECT 1;", "SELECT 1"), Case("a;b", "a", "b"), Case(" a\n  b ;\n;c;\n", "a\n  b", "c"),
    ])
  private func plain(_ example: Case) throws {
    #expect(try texts(example.script) == example.statements)
  }

  @Test(
    "A semicolon in quotes or backticks ends nothing",
    arguments: [
      Case("a ';';b", "a ';'", "b"), Case(#"a ";";b"#, #"a ";""#, "b"), Case("`;`;b", "`;`", "b"),
      Case("'it'';s';b", "'it'';s'", "b"), Case("''';''';b", "''';'''", "b"),
      Case(#"'it\';s';b"#, #"'it\';s'"#, "b"), Case(#"'\\';b"#, #"'\\'"#, "b"),
      Case(#""\";"";";b"#, #""\";"";""#, "b"), Case("`a``;`;b", "`a``;`", "b"),
      Case(#"`\`;b"#, #"`\`"#, "b"), Case(#"'";`';b"#, #"'";`'"#, "b"), Case("'';b", "''", "b"),
      Case("'--';b", "'--'", "b"), Case("'/*';b", "'/*'", "b"), Case("'#';b", "'#'", "b"),
      Case("'日本;';é", "'日本;'", "é"),
    ])
  private func quotes(_ example: Case) throws {
    #expect(try texts(example.script) == example.statements)
  }

  @Test(
    "Comments end nothing, stay inside statements and are dropped around them",
    arguments: [
      Case("-- it's;\na;", "a"), Case("# it's;\na;", "a"), Case("/* it's; */ a;", "a"),
      Case("a -- ;\n+ b;c", "a -- ;\n+ b", "c"), Case("a # ;\n+ b;c", "a # ;\n+ b", "c"),
      Case("a /* ; */ + b;c", "a /* ; */ + b", "c"), Case("a -- the end", "a"),
      Case("a --\n;b", "a", "b"),
      Case("a --\t;\n;b", "a", "b"), Case("a --b;c", "a --b", "c"), Case("a--1;c", "a--1", "c"),
      Case("a - -1;c", "a - -1", "c"), Case("-----;\na;--rule;\nb", "a", "b"),
      Case("/**/a;/*/ ; */b;", "a", "b"), Case("/* ' \" ` */a", "a"),
      Case("a /* /* ; */ ; b", "a", "b"),
      Case("-- only\n;/* only */;# only"), Case("a; -- about b\nb;", "a", "b"),
      Case("a/b;a*b", "a/b", "a*b"),
    ])
  private func comments(_ example: Case) throws {
    #expect(try texts(example.script) == example.statements)
  }

  @Test(
    "Comments with code are statements, and end only with their own end",
    arguments: [
      Case("/*! a */;b", "/*! a */", "b"), Case("/*M! a */", "/*M! a */"),
      Case("a /*!50000 ; */;b", "a /*!50000 ; */", "b"), Case("/*! '*/' */;b", "/*! '*/' */", "b"),
      Case("/*! a /* ' */ + b */;c", "/*! a /* ' */ + b */", "c"),
      Case("/*! a -- '\n*/;c", "/*! a -- '\n*/", "c"), Case("/*M a */;b", "b"),
      Case("a /*! b */", "a /*! b */"), Case("-- c\n/*! a */", "/*! a */"),
    ])
  private func codeComments(_ example: Case) throws {
    #expect(try texts(example.script) == example.statements)
  }

  @Test(
    "Hints stay with their statement, also before and after it",
    arguments: [
      Case("SELECT /*+ h */ 1;", "SELECT /*+ h */ 1"), Case("/*+ h */ a;b", "/*+ h */ a", "b"),
      Case("/* c */ /*+ h */ -- c\n a;", "/*+ h */ -- c\n a"), Case("a /*+ h */;", "a /*+ h */"),
      Case("/*+ h */; a", "a"),
    ])
  private func hints(_ example: Case) throws {
    #expect(try texts(example.script) == example.statements)
  }

  @Test(
    "A DELIMITER line between statements sets what ends them",
    arguments: [
      Case("DELIMITER //\na; b//\nc//\ndelimiter ;\nd;e", "a; b", "c", "d", "e"),
      Case("  Delimiter   $$  \na;$$b", "a;", "b"), Case("DELIMITER // -- c\na//b", "a", "b"),
      Case("DELIMITER '//'\na//b", "a", "b"), Case("a;\nDELIMITER ;;\nb;c;;d", "a", "b;c", "d"),
      Case("-- c\nDELIMITER //\na//b", "a", "b"), Case("/* c */\nDELIMITER //\na//b", "a", "b"),
      Case("DELIMITER //\n'//' `//` /* // */ x // y", "'//' `//` /* // */ x", "y"),
      Case("DELIMITER GO\na GO\nb go\nGO", "a", "b go"), Case("DELIMITER #\na#b", "a", "b"),
      Case("DELIMITER //\na -- //\n//b", "a", "b"), Case("DELIMITER //\n"),
      // Inside a statement, after another one in its line, and as part of a word it is text.
      Case("a AS\ndelimiter ;b", "a AS\ndelimiter", "b"),
      Case("DELIMITERS a;b", "DELIMITERS a", "b"),
      Case("a;DELIMITER //\n;b", "a", "DELIMITER //", "b"),
      Case("a delimiter;b", "a delimiter", "b"),
    ])
  private func delimiters(_ example: Case) throws {
    #expect(try texts(example.script) == example.statements)
  }

  @Test(
    "Line ends of either kind and a byte-order mark make no difference",
    arguments: [
      Case("a\r\nb;\r\nc\r\n", "a\nb", "c"), Case("'a\r\nb';\r\n", "'a\nb'"),
      Case("DELIMITER //\r\na//\r\nb", "a", "b"), Case("-- c\r\na --\r\n;b", "a", "b"),
      Case("'a\rb';", "'a\rb'"), Case("\u{feff}a;", "a"), Case("\u{feff}DELIMITER //\na;//", "a;"),
    ])
  private func lineEnds(_ example: Case) throws {
    #expect(try texts(example.script) == example.statements)
  }

  @Test("Each statement knows the line that its code starts in")
  func lines() throws {
    let script = try SQLScript(
      "\n-- c\na\n;b; c\r\n;\n/* \n */ d '\n\\\n' `\n`;\n\nDELIMITER //\n e //\n/*!\n*/ // f",
      name: "a.sql")
    #expect(script.statements.map(\.line) == [3, 4, 4, 7, 13, 14, 15])
  }

  @Test(
    "What is never closed is refused with the line in which it opens",
    arguments: [
      ("a;\n'b", "a.sql:2: the ' "), ("\n\n\"b\n;", "a.sql:3: the \" "),
      ("`a\n\n", "a.sql:1: the ` "),
      ("'it''s\n''", "a.sql:1: the ' "), (#"'a\'"#, "a.sql:1: the ' "),
      (#"a '\"#, "a.sql:1: the ' "),
      ("a\n/* '\n", "a.sql:2: the /* "), ("\n/*! a\n", "a.sql:2: the /*! "),
      ("/*! \n 'a */", "a.sql:2: the ' "), ("/*! \n /* a", "a.sql:2: the /* "),
      ("/*/", "a.sql:1: the /* "),
      ("\r\n\r\n'", "a.sql:3: the ' "),
    ])
  func unclosed(script: String, start: String) {
    let error = #expect(throws: MuddledError.self) { try SQLScript(script, name: "a.sql") }
    #expect(error?.code == .unusableInput)
    #expect(error?.message == start + "that opens here is never closed: close it.")
  }

  @Test(
    "A DELIMITER line without a usable delimiter is refused",
    arguments: [
      "DELIMITER", "DELIMITER  \na", "DELIMITER;", "delimiter \\\\", "DELIMITER ''",
      "DELIMITER 'a b'",
    ])
  func badDelimiter(line: String) {
    let error = #expect(throws: MuddledError.self) { try SQLScript("a;\n" + line, name: "a.sql") }
    #expect(error?.code == .unusableInput)
    #expect(error?.message.hasPrefix("a.sql:2: DELIMITER needs") == true)
  }

  @Test(
    "A NUL and what is not UTF-8 are refused with their place",
    arguments: [
      (Array("a;\n'b".utf8) + [0], "a.sql:2: byte 6 of the script is a NUL"),
      (Array("a;\n\n'".utf8) + [0xe9, 0x27], "a.sql:3: byte 6 of the script is not UTF-8"),
      ([0xff, 0xfe, 0x61, 0], "a.sql:1: byte 1 of the script is not UTF-8"),
      ([0xed, 0xa0, 0x80], "a.sql:1: byte 1 of the script is not UTF-8"),
      ([0x61, 0xc3], "a.sql:1: byte 2 of the script is not UTF-8"),
    ])
  func encoding(bytes: [UInt8], start: String) {
    let error = #expect(throws: MuddledError.self) { try SQLScript(utf8: bytes, name: "a.sql") }
    #expect(error?.code == .unusableInput)
    #expect(error?.message.hasPrefix(start) == true, "\(String(describing: error))")
  }

  @Test("A script of 5 MB is split in seconds, whether it is many statements or one")
  func size() throws {
    let many = String(repeating: "INSERT INTO t VALUES (1, 'it''s'); -- c\n", count: 125_000)
    #expect(try SQLScript(many, name: "a.sql").statements.count == 125_000)
    let long = "SELECT '" + String(repeating: "x;\r\n", count: 1_250_000) + "'"
    #expect(try texts(long).map(\.utf8.count) == [9 + 3 * 1_250_000])
  }
}
