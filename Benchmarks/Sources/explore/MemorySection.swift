import Foundation
import MuddledSandbox
import Yardstick

/// Section `memory`: all 756,756 orders of three clients of five steps, in a process of the program.
func measureMemory(_ program: String, _ servers: Sandbox, _ verdicts: inout Verdicts) throws {
  let folder = try temporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  let ranks = ProcessInfo.processInfo.environment["RANKS"]
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = ["explore", "--db", servers.mariaDBDSN(), "--lanes", "4", "--quiet"]
  process.arguments? += ["--events", "/dev/null"]
  if let ranks { process.arguments? += ["--ranks", ranks] }
  for client in 1...3 {
    let file = folder.appendingPathComponent("\(client).sql")
    try Array(repeating: "DO 1", count: 5).joined(separator: ";\n").write(
      to: file, atomically: false, encoding: .utf8)
    process.arguments? += ["--client", file.path]
  }
  let output = folder.appendingPathComponent("output")
  try Data().write(to: output)
  process.standardOutput = try FileHandle(forWritingTo: output)
  var peak = 0
  let time = try microseconds {
    try process.run()
    while process.isRunning {
      peak = max(peak, peakKilobytes(of: process.processIdentifier))
      usleep(20_000)
    }
    process.waitUntilExit()
  }
  guard process.terminationStatus == 0 else {
    fatalError("muddled explore ended with \(process.terminationStatus)")
  }
  let headline = try String(contentsOf: output, encoding: .utf8).split(separator: "\n").first ?? ""
  print("\n3 x 5 steps, DO 1, 4 lanes, ranks \(ranks ?? "all"), once (load \(load()))")
  print("  \(headline)")
  print("  \(text(time / 1e6)) s")
  verdicts.expect("memory of the process", Double(peak) / 1024, atMost: 100, unit: " MB")
}
