// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
  name: "muddled",
  products: [
    .library(name: "MuddledCore", targets: ["MuddledCore"]),
    .library(name: "MuddledMariaDB", targets: ["MuddledMariaDB"]),
    .library(name: "MuddledRedis", targets: ["MuddledRedis"]),
    .library(name: "MuddledNATS", targets: ["MuddledNATS"]),
    .library(name: "MuddledSharedMemory", targets: ["MuddledSharedMemory"]),
    .library(name: "MuddledReports", targets: ["MuddledReports"]),
    .library(name: "MuddledSandbox", targets: ["MuddledSandbox"]),
    .library(name: "MuddledTestKit", targets: ["MuddledTestKit"]),
    .library(name: "MuddledXCTest", targets: ["MuddledXCTest"]),
    .executable(name: "muddled", targets: ["MuddledCLI"]),
  ],
  traits: [
    // Off by default, so that nobody who needs no NATS must have its client library.
    .trait(name: "NATS", description: "The coordinator on NATS JetStream; needs libnats.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    .systemLibrary(name: "CMariaDB", providers: [.apt(["libmariadb-dev"])]),
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "CNATS", providers: [.apt(["libnats-dev"])]),
    .target(name: "CSharedMemory", cSettings: [.treatAllWarnings(as: .error)]),
    .target(
      name: "MuddledCore",
      dependencies: [.product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .target(
      name: "MuddledReports",
      dependencies: ["MuddledCore", .product(name: "Mustache", package: "swift-mustache")],
      // In the program itself, so that it needs no folder beside it.
      resources: [.embedInCode("Templates")],
      swiftSettings: strict),
    .target(
      name: "MuddledMariaDB",
      dependencies: ["MuddledCore", "CMariaDB"],
      swiftSettings: strict),
    .target(
      name: "MuddledRedis",
      dependencies: ["MuddledCore", "CHiredis"],
      swiftSettings: strict),
    // Its sources are empty without the trait: a trait cannot leave out a target.
    .target(
      name: "MuddledNATS",
      dependencies: [
        "MuddledCore", .target(name: "CNATS", condition: .when(traits: ["NATS"])),
      ],
      swiftSettings: strict),
    .target(
      name: "MuddledSharedMemory",
      dependencies: ["MuddledCore", "CSharedMemory"],
      swiftSettings: strict),
    .target(
      name: "MuddledSandbox",
      dependencies: [
        "MuddledCore",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      swiftSettings: strict),
    .target(
      name: "MuddledTestKit", dependencies: ["MuddledCore", "MuddledSandbox"],
      swiftSettings: strict),
    // Apart from the kit, so that nobody who uses Swift Testing is given XCTest.
    .target(
      name: "MuddledXCTest", dependencies: ["MuddledCore", "MuddledSandbox", "MuddledTestKit"],
      swiftSettings: strict),
    .executableTarget(
      name: "MuddledCLI",
      dependencies: [
        "MuddledCore", "MuddledMariaDB", "MuddledNATS", "MuddledRedis", "MuddledReports",
        "MuddledSharedMemory", "MuddledSandbox",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledCoreTests", dependencies: ["MuddledCore", "MuddledTestKit"],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledMariaDBTests",
      dependencies: ["MuddledCore", "MuddledMariaDB", "MuddledSandbox", "MuddledTestKit"],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledRedisTests",
      dependencies: ["MuddledCore", "MuddledRedis", "MuddledSandbox", "MuddledTestKit"],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledNATSTests",
      dependencies: ["MuddledCore", "MuddledNATS", "MuddledSandbox", "MuddledTestKit"],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledSharedMemoryTests",
      dependencies: ["MuddledCore", "MuddledSharedMemory", "MuddledTestKit"],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledBatchTests",
      dependencies: [
        "MuddledCore", "MuddledMariaDB", "MuddledRedis", "MuddledSharedMemory", "MuddledSandbox",
        "MuddledTestKit", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledExploreTests",
      dependencies: ["MuddledCore", "MuddledMariaDB", "MuddledSandbox", "MuddledTestKit"],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledTestKitTests",
      dependencies: [
        "MuddledCore", "MuddledMariaDB", "MuddledSandbox", "MuddledTestKit", "MuddledXCTest",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledReportsTests",
      dependencies: [
        "MuddledCore", "MuddledMariaDB", "MuddledReports", "MuddledSandbox", "MuddledTestKit",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      exclude: ["junit.xsd"],
      swiftSettings: strict),
    .testTarget(
      name: "MuddledCLITests",
      dependencies: [
        "MuddledCLI", "MuddledCore", "MuddledMariaDB", "MuddledRedis", "MuddledSandbox",
        "MuddledTestKit", "MuddledXCTest",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
