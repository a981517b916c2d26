// What a batch costs, beside plain loops over the same servers in the same run; see README.md.
//
//     swift build -c release --product muddled
//     swift run -c release --package-path Benchmarks batch [SECTION …]

import Foundation
import MuddledSandbox
import Yardstick

/// What each section measures, and how it is called on the command line.
let sections = ["speed", "contended", "storage", "handover", "idle"]
let arguments = Array(CommandLine.arguments.dropFirst())

if arguments.first == "peer" {
  try await Peer.run(Array(arguments.dropFirst()))
  exit(0)
}

let chosen = arguments.isEmpty ? sections : arguments
if let unknown = chosen.first(where: { !sections.contains($0) }) {
  print("there is no section \(unknown); choose from \(sections.joined(separator: ", "))")
  exit(64)
}
let environment = ProcessInfo.processInfo.environment
let program = environment["MUDDLED"] ?? ".build/release/muddled"
guard FileManager.default.isExecutableFile(atPath: program) else {
  print("\(program) is not there; build it first, or name it in MUDDLED")
  exit(66)
}
let rounds = environment["ROUNDS"].flatMap { Int($0) } ?? 9

var options = Sandbox.Options(redis: true)
#if NATS
  options.nats = true
#endif
options.initSQL = environment["INIT"] ?? "Examples/client_test.sql"
let allHold = try await Sandbox.withServers(options) { servers in
  var verdicts = Verdicts()
  for section in chosen {
    switch section {
    case "speed": try measureSpeed(program, servers, rounds: rounds, &verdicts)
    case "contended": try measureContention(program, servers, rounds: rounds)
    case "storage": try measureStorage(program, servers, &verdicts)
    case "handover": try measureHandOver(servers, rounds: rounds, &verdicts)
    default: try measureIdling(program, servers, &verdicts)
    }
  }
  return verdicts.allHold
}
exit(allHold ? 0 : 1)
