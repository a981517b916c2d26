import MuddledCore
import Testing

@Suite("What keeps a scenario from lanes", .timeLimit(.minutes(20)))
struct LaneObstacleTests {
  private func obstacle(_ statement: String) -> String? {
    Scenario(
      name: "s",
      sessions: [
        ScenarioSession(name: "a", steps: [ScenarioStep(name: "a1", block: SQLBlock(statement))])
      ]
    ).laneObstacle
  }

  @Test(
    "Statements that reach beyond the session's database are told, with the step's name",
    arguments: [
      ("USE other", "OTHER"), ("use `my db`", "my db"), ("CREATE DATABASE x", "whole server"),
      ("DROP SCHEMA x", "whole server"), ("SELECT * FROM other.t", "OTHER"),
      ("SELECT * FROM t JOIN `other`.`t` ON 1", "other"), ("SELECT * FROM t, other.u", "OTHER"),
      ("INSERT IGNORE INTO other.t VALUES (1)", "OTHER"), ("UPDATE other.t SET n = 1", "OTHER"),
      ("DELETE FROM other . t", "OTHER"), ("CREATE TABLE IF NOT EXISTS other.t (n INT)", "OTHER"),
      ("SELECT (SELECT MAX(n) FROM other.t)", "OTHER"), ("TRUNCATE TABLE other.t", "OTHER"),
      ("/*!50000 USE other */", "OTHER"), ("SELECT GET_LOCK('a', 1)", "user locks"),
      ("DO release_all_locks()", "user locks"), ("FLUSH TABLES WITH READ LOCK", "whole server"),
      ("SET GLOBAL max_connections = 1", "whole server"),
      ("SET @@global.max_connections = 1", "whole server"), ("XA START 'x'", "whole server"),
    ])
  func found(statement: String, words: String) throws {
    let obstacle = try #require(self.obstacle(statement))
    #expect(obstacle.hasPrefix("step \"a1\" "))
    #expect(obstacle.contains(words), "\(obstacle)")
  }

  @Test(
    "Statements that keep to the session's database are let through",
    arguments: [
      "SELECT t.n FROM t WHERE t.n = 1", "SELECT EXTRACT(YEAR FROM t.d) FROM t",
      "SELECT TRIM(LEADING x.a FROM x.b) FROM x", "SELECT 'USE other' -- USE other",
      "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE t.n = t.n + 1",
      "SELECT * FROM t FOR UPDATE", "UPDATE t SET t.n = 2 WHERE t.n IN (SELECT u.n FROM u)",
      "SELECT * FROM information_schema.TABLES", "SELECT '`other`.t', \"FROM other.t\"",
      "SELECT n /* FROM other.t */ FROM t # FROM other.t", "SET SESSION sql_mode = ''",
      "SELECT `GET_LOCK` FROM t", "DELETE FROM t WHERE n = 1.5", "",
    ])
  func free(statement: String) {
    #expect(obstacle(statement) == nil)
  }

  @Test("Setup, reset, teardown and checks are looked at too")
  func places() {
    let use = SQLBlock("USE other")
    let sessions = [
      ScenarioSession(name: "a", steps: [ScenarioStep(name: "a1", block: SQLBlock("DO 1"))])
    ]
    func obstacle(_ change: (inout Scenario) -> Void) -> String? {
      var scenario = Scenario(name: "s", sessions: sessions)
      change(&scenario)
      return scenario.laneObstacle
    }
    #expect(obstacle { $0.setup = [use] }?.hasPrefix("the setup ") == true)
    #expect(obstacle { $0.teardown = use }?.hasPrefix("the teardown ") == true)
    #expect(obstacle { $0.reset = use }?.hasPrefix("the reset ") == true)
    #expect(
      obstacle { $0.sessions[0].setup = use }?.hasPrefix("the setup of session \"a\"") == true)
    #expect(
      obstacle { $0.sessions[0].teardown = use }?.hasPrefix("the teardown of session \"a\"") == true
    )
    #expect(obstacle { $0.checks = ["SELECT 1 FROM x.y"] }?.hasPrefix("the query ") == true)
    #expect(obstacle { _ in } == nil)
  }
}
