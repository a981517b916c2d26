import MuddledCore
import Testing

@testable import MuddledCLI

@Suite("The files in config and Examples", .timeLimit(.minutes(20)))
struct ConfigurationFilesTests {
  /// The package's folder, with a slash at its end.
  private static let package: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/") + "/"
  }()

  @Test("The original tool's two files are read as they are")
  func original() throws {
    for (file, sql) in [("config.toml", "sql.file"), ("config2.toml", "sql2.file")] {
      let configuration = try Configuration.load(
        file: Self.package + "config/" + file, environment: [:])
      #expect(
        configuration.database.dsn?.value
          == "root:@tcp(127.0.0.1:4000)/client_test?charset=utf8mb4&parseTime=true")
      #expect(
        configuration.coordinationDatabase.dsn?.value
          == "root:123456@tcp(127.0.0.1:3306)/client_test?charset=utf8mb4&parseTime=true")
      #expect(configuration.steps == .file(path: "./config/" + sql))
      let statements = text(of: Self.package + "config/" + sql)?.split(separator: "\n").count
      #expect(statements == (sql == "sql.file" ? 2 : 8))
    }
  }

  @Test("full.toml holds every key, with its default")
  func full() throws {
    let file = Self.package + "config/full.toml"
    let settings = try ConfigurationFile(path: file).settings()
    #expect(settings.count == ConfigurationKey.all.count)
    for key in ConfigurationKey.all {
      switch (key.kind, settings[key.name]?.value) {
      case (.text(let expected), .text(let value)):
        #expect(value == expected ?? "", "\(key.name)")
      case (.number(let expected, _), .number(let value)):
        #expect(value == expected, "\(key.name)")
      default: Issue.record("\(key.name) is missing")
      }
    }
  }

  @Test("Examples/client_test.sql makes what the two SQL files read, and may run twice")
  func example() async throws {
    let example = Self.package + "Examples/client_test.sql"
    let script = """
      client="mariadb --no-defaults -uroot -S $MUDDLED_SANDBOX_SOCKET -N"
      $client <"\(example)" && $client client_test <"\(Self.package)config/sql2.file" | sort | uniq -c
      """
    let run = try await ProgramRun(
      muddledProgram, ["sandbox", "--init", example, "--", "sh", "-c", script])
    #expect(run.status == .exited(0), "\(run.errors)")
    let rows = run.output.split(separator: "\n").map { $0.split { $0 == " " || $0 == "\t" } }
    #expect(rows == [["4", "1001", "1"], ["4", "1003", "1234"]])
  }
}
