// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "muddled-benchmarks",
  dependencies: [.package(name: "muddled", path: "..")],
  targets: [
    .executableTarget(
      name: "orders",
      dependencies: [.product(name: "MuddledCore", package: "muddled")],
      swiftSettings: strict),
    // The C libraries as they are, for what muddled is compared with.
    .systemLibrary(name: "CPlainMariaDB"),
    .systemLibrary(name: "CPlainHiredis"),
    .systemLibrary(name: "CPlainFutex"),
    .executableTarget(
      name: "batch",
      dependencies: [
        "CPlainMariaDB", "CPlainHiredis", "CPlainFutex",
        .product(name: "MuddledCore", package: "muddled"),
        .product(name: "MuddledMariaDB", package: "muddled"),
        .product(name: "MuddledRedis", package: "muddled"),
        .product(name: "MuddledSharedMemory", package: "muddled"),
        .product(name: "MuddledSandbox", package: "muddled"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
