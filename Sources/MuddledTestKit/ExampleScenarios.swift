import Foundation
package import MuddledCore

/// The scenarios in this repository's folder `Examples`, for its tests.
package enum ExampleScenarios {
  /// The folder, without a slash at its end.
  package static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/") + "/Examples"

  /// What brings the first state back faster than the example's own setup, where it has many orders.
  package static let resets = [
    "lost-update": "REPLACE INTO account VALUES (1, 100)",
    "read-skew": "REPLACE INTO account VALUES (1, 100), (2, 100)",
    "bank-transfer": "REPLACE INTO account VALUES (1, 40), (2, 60)",
    "dirty-read": "REPLACE INTO account VALUES (1, 100)",
  ]

  /// The names of all scenario files, without their extension, sorted.
  package static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".spec") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// Reads one, with its reset.
  package static func scenario(_ name: String) async throws -> Scenario {
    var scenario = try await Scenario.reading("\(folder)/\(name).spec")
    scenario.reset = resets[name].map { SQLBlock($0) }
    return scenario
  }
}
