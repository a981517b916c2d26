// swift-tools-version: 6.2

import PackageDescription

// A loader and a coordinator of your own, outside muddled's package.
let package = Package(
  name: "custom-loader",
  products: [.library(name: "FolderMuddled", targets: ["FolderMuddled"])],
  dependencies: [
    // Elsewhere: .package(url: …, from: …)
    .package(name: "muddled", path: "../.."),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // What runs needs the core alone.
    .target(
      name: "FolderMuddled", dependencies: [.product(name: "MuddledCore", package: "muddled")],
      swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "FolderMuddledTests",
      dependencies: [
        "FolderMuddled",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "MuddledMariaDB", package: "muddled"),
        .product(name: "MuddledSandbox", package: "muddled"),
        .product(name: "MuddledTestKit", package: "muddled"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]),
  ],
  swiftLanguageModes: [.v6]
)
