import Testing

@testable import MuddledMariaDB

@Suite("PlainRead")
struct PlainReadTests {
  @Test(
    "Reads of tables by their names are plain",
    arguments: [
      "SELECT 1", "select * from test limit 1", "SELECT a, b FROM t WHERE a = 'x' ORDER BY b",
      "Select t.a FROM t JOIN u USING_IS_A_NAME",
    ])
  func plain(statement: String) { #expect(PlainRead.matches(statement)) }

  @Test(
    "What could leave a trace in the session, or see one, is not",
    arguments: [
      "SELECT FOUND_ROWS()", "SELECT @a", "SELECT 1 INTO @a", "SELECT a INTO OUTFILE 'f' FROM t",
      "SELECT a FROM t FOR UPDATE", "SELECT a FROM t LOCK IN SHARE MODE", "SELECT a; DELETE FROM t",
      "SELECT SQL_CALC_FOUND_ROWS a FROM t", "SELECT NEXT VALUE FOR s", "SELECT s.nextval",
      "SELECT 1 /*! INTO @a */", "SELECT 1 -- x", "SELECT 1 # x", "INSERT INTO t VALUES (1)",
      "BEGIN",
      "SELECT", "", "WITH c AS (SELECT 1) SELECT * FROM c", "SHOW WARNINGS", " SELECT 1",
      "SELECT " + String(repeating: "a", count: 5000),
    ])
  func others(statement: String) { #expect(!PlainRead.matches(statement)) }
}
