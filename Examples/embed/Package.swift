// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "embed",
  // Elsewhere it is: .package(url: "https://…/muddled", from: "…").
  dependencies: [.package(name: "muddled", path: "../..")],
  targets: [
    .target(name: "Bank"),
    .testTarget(
      name: "BankTests",
      dependencies: [
        "Bank",
        .product(name: "MuddledCore", package: "muddled"),
        .product(name: "MuddledMariaDB", package: "muddled"),
        .product(name: "MuddledTestKit", package: "muddled"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
