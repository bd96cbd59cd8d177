// swift-tools-version: 6.2
import Foundation
import PackageDescription

#if os(Linux)
  // A missing library is told in a sentence here, before the C compiler can complain about a header.
  let listed = try String(contentsOfFile: Context.packageDirectory + "/Scripts/debian-packages.txt", encoding: .utf8)
  let missing = listed.split(separator: "\n").compactMap { line -> String? in
    let words = line.split(separator: " ", omittingEmptySubsequences: true)
    guard words.count == 2, !line.hasPrefix("#") else { return nil }
    return FileManager.default.fileExists(atPath: String(words[1])) ? nil : String(words[0])
  }
  if !missing.isEmpty {
    FileHandle.standardError.write(
      Data(
        """
        Stella needs these Debian packages, which are not installed. Install them with:
            sudo apt-get install \(missing.joined(separator: " "))

        """.utf8))
    exit(1)
  }
#endif

let swiftSettings: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

let package = Package(
  name: "stella",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "stella", targets: ["stella"]),
    .library(name: "StellaEngine", targets: ["StellaEngine", "StellaModel"]),
    .library(name: "StellaLogging", targets: ["StellaLogging"]),
    .library(name: "StellaMetrics", targets: ["StellaMetrics"]),
    .library(name: "StellaSQLite", targets: ["StellaSQLite"]),
    .library(name: "StellaServer", targets: ["StellaServer"]),
    .library(name: "StellaTesting", targets: ["StellaTesting", "StellaEngine", "StellaModel"]),
  ],
  traits: [
    .trait(name: "Postgres", description: "PostgreSQL through libpq (Debian: libpq-dev)"),
    .trait(name: "NATS", description: "NATS JetStream through nats.c (Debian: libnats-dev)"),
    .default(enabledTraits: []),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.1"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    // Without its default traits: those read its own configuration and bring all of Foundation.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.0.0"),
  ],
  targets: [
    .executableTarget(
      name: "stella", dependencies: ["StellaCommands"], swiftSettings: swiftSettings,
      linkerSettings: [
        // Relocations of a quarter of the size: about 2 MB less of memory, and a faster start.
        .unsafeFlags(
          ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"], .when(platforms: [.linux]))
      ]),
    // What embedding costs, for Scripts/bench: part of no product that others get.
    .executableTarget(
      name: "EmbeddingCost",
      dependencies: [
        "StellaEngine", "StellaLogging", "StellaModel", .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], path: "Benchmarks/EmbeddingCost", swiftSettings: swiftSettings),
    .target(
      name: "StellaCommands",
      dependencies: [
        "StellaArchive", "StellaConfiguration", "StellaImport", "StellaSQLite", "StellaPostgres", "StellaEffects",
        "StellaNotify", "StellaServer", "StellaEngine", "StellaRemediation", "CMalloc",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swiftSettings),
    .target(
      name: "StellaConfiguration", dependencies: ["StellaModel", "Yams"], swiftSettings: swiftSettings),
    .target(
      name: "StellaImport", dependencies: ["StellaDetection", "StellaScripting", "StellaModel", "Yams"],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaSQLite",
      dependencies: [
        "StellaModel", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ], swiftSettings: swiftSettings),
    .target(
      name: "StellaServer",
      dependencies: [
        "CCrypt", "CStellaDashboard", "StellaArchive", "StellaEngine", "StellaIntake", "StellaModel",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaArchive",
      dependencies: ["StellaEngine", "StellaDetection", "StellaModel", "CStellaValue", "CZlib", "CZstd"],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaEffects",
      dependencies: [
        "StellaModel", "CStellaProcess",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ], swiftSettings: swiftSettings),
    .target(
      name: "StellaNotify",
      dependencies: [
        "StellaEffects", "StellaModel", "StellaNATS",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ], swiftSettings: swiftSettings),
    .target(
      name: "StellaLogging",
      dependencies: [
        "StellaEngine", "StellaModel", "CStellaValue", "CStellaLog", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaMetrics",
      dependencies: [
        "StellaEngine", "StellaModel", .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaPostgres",
      dependencies: ["StellaModel", .target(name: "CPostgres", condition: .when(traits: ["Postgres"]))],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaNATS",
      dependencies: ["StellaModel", .target(name: "CNATS", condition: .when(traits: ["NATS"]))],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaEngine",
      dependencies: [
        "StellaDetection", "StellaRemediation", "StellaScripting", "StellaModel", "CStellaLog",
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaDetection",
      dependencies: [
        "StellaScripting", "StellaLua", "StellaModel", "CStellaValue", "CStellaJSON", "CStellaMatch",
        .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: swiftSettings),
    .target(
      name: "StellaRemediation",
      dependencies: ["StellaScripting", "StellaModel", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaScripting", dependencies: ["StellaLua", "CStellaValue", "StellaModel"], swiftSettings: swiftSettings),
    .target(
      name: "StellaLua", dependencies: ["CStellaLua", "CStellaValue", "StellaModel"], swiftSettings: swiftSettings),
    .target(
      name: "StellaTesting", dependencies: ["StellaEngine", "StellaRemediation", "StellaModel"],
      swiftSettings: swiftSettings),
    .target(
      name: "StellaIntake", dependencies: ["StellaModel", "CStellaJSON", "CStellaValue", "CZlib"],
      swiftSettings: swiftSettings),
    .target(name: "StellaModel", swiftSettings: swiftSettings),
    .target(name: "CStellaLua", dependencies: ["CLua", "CStellaValue"]),
    .target(name: "CStellaProcess"),
    .target(name: "CStellaDashboard", exclude: ["Assets"]),
    .target(name: "CStellaValue"),
    .target(name: "CStellaLog", dependencies: ["CStellaValue"]),
    .target(
      name: "CStellaJSON", dependencies: ["CStellaValue"],
      // Without it simdjson's inlined part keeps its assertions in release builds too.
      cxxSettings: [.define("NDEBUG", .when(configuration: .release))], linkerSettings: [.linkedLibrary("simdjson")]),
    .target(
      name: "CStellaMatch", dependencies: ["CStellaValue"],
      linkerSettings: [.linkedLibrary("hs"), .linkedLibrary("re2")]),
    .systemLibrary(name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
    .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),

    .testTarget(name: "StellaModelTests", dependencies: ["StellaModel"], swiftSettings: swiftSettings),
    .testTarget(name: "StellaLuaTests", dependencies: ["StellaLua"], swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaScriptingTests", dependencies: ["StellaScripting", "StellaLua", "StellaModel", "CStellaValue"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaDetectionTests",
      dependencies: ["StellaDetection", "StellaTesting", "StellaLua", "StellaModel", "CStellaValue"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaEngineTests",
      dependencies: [
        "StellaEngine", "StellaSQLite", "StellaDetection", "StellaRemediation", "StellaScripting", "StellaTesting",
        "StellaLua", "StellaModel", "CStellaLog",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaConfigurationTests", dependencies: ["StellaConfiguration"], swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaImportTests", dependencies: ["StellaImport", "StellaDetection", "StellaScripting", "StellaModel"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaSQLiteTests",
      dependencies: [
        "StellaSQLite", "StellaRemediation", "StellaTesting", .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaRemediationTests",
      dependencies: [
        "StellaRemediation", "StellaSQLite", "StellaScripting", "StellaTesting", "StellaModel",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaEffectsTests",
      dependencies: [
        "StellaEffects", "StellaRemediation", "StellaScripting", "StellaModel",
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaNotifyTests",
      dependencies: [
        "StellaNotify", "StellaNATS", "StellaSQLite", "StellaTesting", "StellaModel",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Servers"], swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaLoggingTests",
      dependencies: [
        "StellaLogging", "StellaEngine", "StellaDetection", "StellaScripting", "StellaModel", "CStellaValue",
        "CStellaLog", .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaMetricsTests",
      dependencies: [
        "StellaMetrics", "StellaEngine", "StellaModel", .product(name: "CoreMetrics", package: "swift-metrics"),
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaIntakeTests", dependencies: ["StellaIntake", "CZlib", "StellaDetection", "StellaModel"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaArchiveTests", dependencies: ["StellaArchive", "StellaEngine", "StellaDetection", "StellaModel"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaServerTests",
      dependencies: [
        "StellaServer", "StellaArchive", "StellaEngine", "StellaLogging", "StellaDetection", "StellaIntake",
        "StellaModel", "StellaTesting", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaPostgresTests",
      dependencies: [
        "StellaPostgres", "StellaSQLite", "StellaRemediation", "StellaScripting", "StellaTesting", "StellaModel",
      ],
      swiftSettings: swiftSettings),
    .testTarget(name: "StellaNATSTests", dependencies: ["StellaNATS", "StellaModel"], swiftSettings: swiftSettings),
    .testTarget(
      name: "StellaCommandsTests",
      dependencies: [
        "StellaCommands", "StellaArchive", "StellaEngine", "StellaRemediation", "StellaConfiguration", "StellaModel",
        "StellaSQLite", "StellaTesting", "stella", .product(name: "GRDB", package: "GRDB.swift"),
      ], exclude: ["Senders", "Browser"], swiftSettings: swiftSettings),
    .testTarget(name: "ArchitectureTests", exclude: ["PublicSurface.txt"], swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
