import MuddledCore
import Testing

@Suite("A step from a store of single statements")
struct StepStorageTests {
  @Test(
    "It is the statement alone, as from a file",
    arguments: [
      ("SELECT 1", "SELECT 1"), (" SELECT 1 ;\n", "SELECT 1"), ("SELECT 1;;", "SELECT 1"),
      ("-- why\nSELECT ';' /* x */; # done", "SELECT ';'"), ("BEGIN", "BEGIN"),
      (
        "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//",
        "CREATE PROCEDURE p() BEGIN SELECT 1; END"
      ),
    ])
  func single(_ text: String, _ sql: String) throws {
    #expect(try Step(utf8: Array(text.utf8), name: "row 1") == Step(sql))
  }

  @Test(
    "A statement that is made of statements is taken whole",
    arguments: [
      "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
      "CREATE OR REPLACE DEFINER = 'a'@'b' TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET @a = 1; END",
      "ALTER EVENT e DO BEGIN SELECT 1; END", "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END",
      "IF @a THEN SELECT 1; END IF", "a: LOOP SELECT 1; LEAVE a; END LOOP",
      "`b`: WHILE 1 DO SELECT 1; END WHILE", "FOR i IN 1..3 DO SELECT i; END FOR",
    ])
  func compound(_ sql: String) throws {
    for end in ["", ";", " ;\n "] {
      #expect(try Step(utf8: Array((sql + end).utf8), name: "row 1") == Step(sql))
    }
  }

  @Test(
    "No statement, several, and what cannot be split are refused with their place",
    arguments: [
      ("", "row 1: there is no statement"), (" ; -- x", "row 1: there is no statement"),
      ("BEGIN; SELECT 1; COMMIT", "row 1: there are 3 statements where one may stand"),
      ("BEGIN WORK; COMMIT;", "row 1: there are 2 statements"),
      ("CREATE TABLE t (a INT); DROP TABLE t", "row 1: there are 2 statements"),
      ("SELECT 1 FOR UPDATE; COMMIT", "row 1: there are 2 statements"),
      ("SELECT\n'a", "row 1:2: the ' "), ("SELECT \0", "row 1:1: byte 8"),
    ])
  func refused(_ text: String, _ words: String) {
    let error = #expect(throws: MuddledError.self) {
      try Step(utf8: Array(text.utf8), name: "row 1")
    }
    #expect(error?.code == .unusableInput)
    #expect(error?.message.hasPrefix(words) == true, "\(error?.message ?? "")")
  }
}
