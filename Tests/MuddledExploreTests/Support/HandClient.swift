import Foundation
import MuddledCore
import MuddledSandbox
import MuddledTestKit

/// The server's own client program with its input on a pipe: what somebody types on a terminal.
final class HandClient {
  private static let mark = "muddled-mark"

  private let process = Process()
  private let input = Pipe()
  private let output: String
  private var marks = 0

  /// Starts the program in a database.
  ///
  /// - Parameter file: where its output is kept.
  init(database: String, file: String) throws {
    output = file
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    let socket = try Sandbox.ofTest.mariaDBSocket
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "mariadb", "--no-defaults", "--user=root", "--socket=" + socket,
      "--force", "--unbuffered", "--batch", "--skip-column-names", database,
    ]
    process.standardInput = input
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardOutput = file
    process.standardError = file
    try process.run()
  }

  /// Types a statement, and one after it that shows when it has ended.
  func type(_ statement: String) throws {
    try input.fileHandleForWriting.write(
      contentsOf: Data("\(statement);\nSELECT '\(Self.mark)';\n".utf8))
    marks += 1
  }

  /// Waits for the end of what was typed last, and returns what it printed, a line each.
  func printed() async throws -> [String] {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      let text = try String(contentsOfFile: output, encoding: .utf8)
      let parts = text.components(separatedBy: Self.mark + "\n")
      if parts.count == marks + 1 { return Self.results(in: parts[marks - 1]) }
      guard ContinuousClock.now < deadline else {
        throw MuddledError(.unavailable, "the client printed only: \(text)")
      }
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  /// The lines without the statement that is repeated before its error, and errors without their texts.
  private static func results(in text: String) -> [String] {
    let lines = text.split(separator: "\n").map(String.init)
    let start = lines.lastIndex { $0.allSatisfy { $0 == "-" } }.map { $0 + 1 } ?? 0
    return lines[start...].map { line in
      guard line.hasPrefix("ERROR") else { return line }
      return line.split(separator: " ").prefix(3).joined(separator: " ")
    }
  }

  /// Closes its input, at which it ends.
  func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}

extension [StatementResult] {
  /// What the server's client program prints of these.
  var asPrinted: [String] {
    flatMap { result -> [String] in
      switch result {
      case .rows(let rows): rows.rows.map { $0.map(\.words).joined(separator: "\t") }
      case .ok, .cancelled: []
      case .error(let error): ["ERROR \(error.code) (\(error.sqlstate))"]
      }
    }
  }
}
