// swift-tools-version: 6.2
import PackageDescription

// A package of somebody who embeds the engine. Scripts/embedding-check.sh builds the one product that asks for nothing else, and
// looks at what was built with it; the other one logs into the engine.
let package = Package(
  name: "EmbeddingCheck",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "stella", path: "../.."), .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .executableTarget(name: "EmbeddingCheck", dependencies: [.product(name: "StellaEngine", package: "stella")]),
    .executableTarget(
      name: "LoggingCheck",
      dependencies: [
        .product(name: "StellaEngine", package: "stella"), .product(name: "StellaLogging", package: "stella"),
        .product(name: "Logging", package: "swift-log"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
