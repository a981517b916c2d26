import Foundation
import Testing

@Suite("What make install installs beside the program", .timeLimit(.minutes(20)))
struct InstallTests {
  private static let manualGenerator = muddledProgram.replacing(/muddled$/, with: "generate-manual")

  private static func withInstallation(_ body: (String) async throws -> Void) async throws {
    let prefix = NSTemporaryDirectory() + "muddled-install-\(UUID().uuidString)"
    let run = try await ProgramRun(
      "sh", [Repository.folder + "/scripts/install.sh", muddledProgram, manualGenerator, prefix])
    #expect(run.status == .exited(0), "\(run.errors)")
    let result: Result<Void, any Error>
    do { result = .success(try await body(prefix)) } catch { result = .failure(error) }
    try? FileManager.default.removeItem(atPath: prefix)
    try result.get()
  }

  @Test("The program runs, and each subcommand has a page that the formatter has nothing to say of")
  func manual() async throws {
    try await Self.withInstallation { prefix in
      let version = try await ProgramRun(prefix + "/bin/muddled", ["--version"])
      #expect(version.status == .exited(0))
      let folder = prefix + "/share/man/man1"
      let pages = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(
        pages == [
          "muddled-batch-list.1", "muddled-batch-remove.1", "muddled-batch-show.1",
          "muddled-batch.1", "muddled-count.1", "muddled-explore.1", "muddled-replay.1",
          "muddled-run.1", "muddled-sandbox.1", "muddled.1",
        ])
      for page in pages {
        let text = try await ProgramRun(
          "groff", ["-mdoc", "-Tutf8", "-P-cbu", "-wmac", folder + "/" + page])
        #expect(text.status == .exited(0))
        // The generator leaves empty lines, which are harmless.
        let complaints = text.errors.split(separator: "\n").filter {
          !$0.contains("Empty input line")
        }
        #expect(complaints == [], "\(page)")
        #expect(page != "muddled-explore.1" || text.output.contains("--html"), "\(text.output)")
      }
    }
  }

  @Test("The shell completes subcommands and flags")
  func completion() async throws {
    try await Self.withInstallation { prefix in
      let share = prefix + "/share"
      for file in ["zsh/site-functions/_muddled", "fish/vendor_completions.d/muddled.fish"] {
        #expect(text(of: share + "/" + file)?.contains("distinct") == true)
      }
      let cases = [("muddled expl", "explore"), ("muddled explore --dist", "--distinct")]
      for (words, completed) in cases {
        let script = """
          source '\(share)/bash-completion/completions/muddled'
          COMP_LINE='\(words)'
          COMP_POINT=${#COMP_LINE}
          COMP_WORDS=(\(words))
          COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
          command=$(complete -p muddled)
          function=${command##*-F }
          ${function%% *} muddled "${COMP_WORDS[-1]}" muddled
          echo "${COMPREPLY[@]}"
          """
        let run = try await ProgramRun(
          "bash", ["--norc", "-c", script], setting: ["PATH": prefix + "/bin:/usr/bin:/bin"])
        #expect(
          run.output.split(whereSeparator: \.isWhitespace) == [completed[...]], "\(run.errors)")
      }
    }
  }
}
