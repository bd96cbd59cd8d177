// swift-tools-version: 6.2
import PackageDescription

// A package of somebody who embeds the engine and asks for nothing else. Scripts/embedding-check.sh builds it and looks at
// what was built with it.
let package = Package(
  name: "EmbeddingCheck",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "stella", path: "../..")],
  targets: [
    .executableTarget(name: "EmbeddingCheck", dependencies: [.product(name: "StellaEngine", package: "stella")])
  ],
  swiftLanguageModes: [.v6]
)
