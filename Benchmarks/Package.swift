// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "muddled-benchmarks",
  traits: [.trait(name: "NATS", description: "Also measures NATS; needs libnats.")],
  dependencies: [
    .package(
      name: "muddled", path: "..",
      traits: [.trait(name: "NATS", condition: .when(traits: ["NATS"]))])
  ],
  targets: [
    .executableTarget(
      name: "orders",
      dependencies: [.product(name: "MuddledCore", package: "muddled")],
      swiftSettings: strict),
    // The C libraries as they are, for what muddled is compared with.
    .systemLibrary(name: "CPlainMariaDB"),
    .systemLibrary(name: "CPlainHiredis"),
    .systemLibrary(name: "CPlainNATS"),
    .systemLibrary(name: "CPlainFutex"),
    // Plain loops and figures, for every program here.
    .target(
      name: "Yardstick",
      dependencies: ["CPlainMariaDB", .product(name: "MuddledCore", package: "muddled")],
      swiftSettings: strict),
    .executableTarget(
      name: "explore",
      dependencies: [
        "Yardstick",
        .product(name: "MuddledCore", package: "muddled"),
        .product(name: "MuddledMariaDB", package: "muddled"),
        .product(name: "MuddledSandbox", package: "muddled"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "batch",
      dependencies: [
        "Yardstick", "CPlainHiredis", "CPlainFutex",
        .target(name: "CPlainNATS", condition: .when(traits: ["NATS"])),
        .product(name: "MuddledCore", package: "muddled"),
        .product(name: "MuddledMariaDB", package: "muddled"),
        .product(name: "MuddledNATS", package: "muddled"),
        .product(name: "MuddledRedis", package: "muddled"),
        .product(name: "MuddledSharedMemory", package: "muddled"),
        .product(name: "MuddledSandbox", package: "muddled"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
