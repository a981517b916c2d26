// What it costs to explore in one process, beside plain loops over the same server in the same run; see README.md.
//
//     swift build -c release --product muddled
//     swift run -c release --package-path Benchmarks explore [SECTION …]

import Foundation
import MuddledSandbox
import Yardstick

/// What each section measures, and how it is called on the command line.
let sections = ["speed", "waits", "contention", "memory"]
let arguments = Array(CommandLine.arguments.dropFirst())
let chosen = arguments.isEmpty ? sections : arguments
if let unknown = chosen.first(where: { !sections.contains($0) }) {
  print("there is no section \(unknown); choose from \(sections.joined(separator: ", "))")
  exit(64)
}
let environment = ProcessInfo.processInfo.environment
let program = environment["MUDDLED"] ?? ".build/release/muddled"
if chosen.contains("memory"), !FileManager.default.isExecutableFile(atPath: program) {
  print("\(program) is not there; build it first, or name it in MUDDLED")
  exit(66)
}
let rounds = environment["ROUNDS"].flatMap { Int($0) } ?? 9

let servers = Sandbox.Options(mariaDBArguments: Sandbox.Options.lockListArguments)
let allHold = try await Sandbox.withServers(servers) { servers in
  var verdicts = Verdicts()
  for section in chosen {
    switch section {
    case "speed": try await measureSpeed(servers, rounds: rounds, &verdicts)
    case "waits": try await measureWaits(servers, &verdicts)
    case "contention": try await measureContention(servers, rounds: rounds, &verdicts)
    default: try measureMemory(program, servers, &verdicts)
    }
    // Where the output is not a terminal, it would come at the very end.
    fflush(nil)
  }
  return verdicts.allHold
}
exit(allHold ? 0 : 1)
