import Testing

/// A check that can't fail is none: each thing that must never be is shown to it once.
@Suite("The architecture check")
struct ArchitectureCheckTests {
  static let manifest = """
    let package = Package(
      name: "stella",
      products: [.library(name: "StellaEngine", targets: ["StellaEngine"])],
      dependencies: [.package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0")],
      targets: [
        .executableTarget(name: "stella", dependencies: ["StellaCommands"], swiftSettings: settings),
        .target(
          name: "StellaSQLite",
          dependencies: ["StellaModel", .product(name: "GRDB", package: "GRDB.swift")], swiftSettings: settings),
        .target(name: "StellaEngine", dependencies: ["StellaDetection", "StellaModel"]),
        .target(name: "StellaDetection", dependencies: ["StellaModel", .target(name: "CStellaValue")]),
        .target(name: "StellaModel"), .target(name: "CStellaValue"),
        .systemLibrary(name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
        .testTarget(name: "StellaModelTests", dependencies: ["StellaModel"]),
      ])
    """

  func violations(_ sources: [String: String], manifest: String = Self.manifest) -> [String] {
    ArchitectureCheck(sources: sources, manifest: PackageManifest(manifest)).violations()
  }

  @Test("The manifest is read as it is written")
  func manifestText() {
    let targets = PackageManifest(Self.manifest).targets
    #expect(
      Set(targets.map(\.name)) == [
        "stella", "StellaSQLite", "StellaEngine", "StellaDetection", "StellaModel", "CStellaValue", "CLua",
        "StellaModelTests",
      ])
    #expect(targets.count == 8)
    #expect(Set(targets.first { $0.name == "StellaSQLite" }?.dependencies ?? []) == ["StellaModel", "GRDB"])
    #expect(Set(targets.first { $0.name == "StellaDetection" }?.dependencies ?? []) == ["StellaModel", "CStellaValue"])
    #expect(
      PackageManifest(Self.manifest).closure(of: "StellaEngine") == ["StellaDetection", "StellaModel", "CStellaValue"])
  }

  @Test("What is allowed passes")
  func allowed() {
    #expect(
      violations([
        "StellaModel/Event.swift": "import Synchronization\n// import GRDB\nlet x = \"import NIO; UUID()\"\n",
        "StellaEngine/Live/FileSource.swift": "import Glibc\nimport Foundation\nlet now = Date()\nlet f = open(p, 0)",
        "StellaSQLite/SQLiteStore.swift": "import GRDB\nimport StellaModel\nlet id = UUID()",
        "StellaDetection/Window.swift":
          "let updated = Update()\nfunc open(_ x: Int) {}\nitem.open(1); s.time(2)\n/* Date() */",
        "CStellaLua/stella_lua.c": "#include <lua.h>\nclock_gettime(CLOCK_MONOTONIC, &t);",
        "stella/main.swift": "import StellaCommands\n",
      ]) == [])
  }

  @Test(
    "A forbidden import is caught, however it is written",
    arguments: [
      ("StellaEngine/StellaEngine.swift", "import Hummingbird"),
      ("StellaEngine/Live/Feed.swift", "@preconcurrency import NIOCore"),
      ("StellaEngine/Live/Feed.swift", "import ArgumentParser"),
      ("StellaDetection/X.swift", "import GRDB"),
      ("StellaDetection/X.swift", "import struct StellaRemediation.Plan"),
      ("StellaRemediation/X.swift", "import StellaDetection"),
      ("StellaRemediation/X.swift", "@testable import AsyncHTTPClient"),
      ("StellaScripting/X.swift", "import CLua"),
      ("StellaDetection/X.swift", "import CLua"),
      ("StellaEngine/X.swift", "public import CStellaLua"),
      ("StellaModel/X.swift", "import StellaDetection"),
      ("StellaModel/X.swift", "import Foundation"),
      ("StellaLua/X.swift", "import StellaScripting"),
      ("StellaLua/X.swift", "  internal import Foundation"),
      ("StellaSQLite/X.swift", "import StellaEngine"),
      ("StellaConfiguration/X.swift", "import GRDB"),
      ("StellaServer/X.swift", "import GRDB"),
      ("StellaLogging/X.swift", "import Hummingbird"),
      ("StellaEffects/X.swift", "import StellaServer"),
      ("StellaSQLite/X.swift", "import CPostgres"),
      ("StellaEngine/Live/X.swift", "import CNATS"),
      ("StellaEngine/X.swift", "import Logging"),
      ("StellaEngine/X.swift", "import StellaLogging"),
      ("StellaRemediation/X.swift", "import StellaEngine"),
      ("StellaRemediation/X.swift", "import Foundation"),
      ("StellaEffects/X.swift", "import StellaRemediation"),
      ("StellaEffects/X.swift", "import GRDB"),
      ("StellaTesting/X.swift", "import StellaCommands"),
      ("stella/main.swift", "import StellaEngine"),
    ])
  func imports(path: String, text: String) {
    let found = violations([path: "\n" + text])
    #expect(found.count == 1 && found.first?.hasPrefix("Sources/\(path):2: ") == true, "\(found)")
  }

  @Test(
    "What stands behind a trait imports no more than others do", arguments: ["StellaSQLite", "StellaEngine", "GRDB"])
  func gatedImports(module: String) {
    for (target, trait) in [("StellaPostgres", "Postgres"), ("StellaNATS", "NATS")] {
      let found = violations(["\(target)/X.swift": "#if \(trait)\nimport \(module)\n#endif"])
      #expect(found == ["Sources/\(target)/X.swift:2: \(target) must not import \(module)"])
    }
  }

  @Test(
    "Code that a disabled trait would leave in the build is caught",
    arguments: [
      "import CPostgres", "#if NATS\nlet x = 1\n#endif", "#if Postgres\nlet x = 1\n#endif\nlet y = 2",
      "import Glibc\n#if Postgres\nlet x = 1\n#endif", "#if Postgres\nlet x = 1\n#else\nlet x = 2\n#endif",
      "#if Postgres\n#endif\nlet x = 1\n#if Postgres\n#endif", "",
    ])
  func ungated(text: String) {
    let found = violations(["StellaPostgres/X.swift": text])
    #expect(found.contains { $0.hasSuffix("between `#if Postgres` and `#endif`") }, "\(found)")
    let gated = "/// Why.\n#if Postgres\nimport CPostgres\n#if os(Linux)\nlet x = 1\n#else\n#endif\n#endif\n// End."
    #expect(violations(["StellaPostgres/X.swift": gated]).isEmpty)
  }

  @Test("A library behind a trait that is depended on without it is caught")
  func ungatedLibrary() {
    func manifest(_ dependency: String) -> String {
      Self.manifest.replacingOccurrences(
        ".target(name: \"StellaModel\"),",
        ".target(name: \"StellaModel\"), .target(name: \"StellaPostgres\", dependencies: [\(dependency)]),")
    }
    let right = #".target(name: "CPostgres", condition: .when(traits: ["Postgres"]))"#
    #expect(violations([:], manifest: manifest(right)).isEmpty)
    for wrong in [
      #""CPostgres""#, #".target(name: "CPostgres")"#, right.replacingOccurrences("[\"Post", "[\"NATS\", \"Post"),
    ] {
      #expect(
        violations([:], manifest: manifest(wrong))
          == ["Package.swift: StellaPostgres may depend on CPostgres only under the trait Postgres"], "\(wrong)")
    }
  }

  @Test(
    "The real world is caught in the engine's own files",
    arguments: [
      "let now = Date()", "let t = ContinuousClock().now", "clock_gettime(CLOCK_REALTIME, &t)", "let s = time(nil)",
      "let id = UUID()", "let n = Int.random(in: 0..<5, using: &SystemRandomNumberGenerator)", "list.shuffle()",
      "let x = list.randomElement()",
      "let h = name.hashValue", "try await Task.sleep(for: .seconds(1))", "usleep(5)", "FileManager.default",
      "let fd = open(path, O_RDONLY)", "let fd = Glibc.open(path, 0)", "fopen(path, \"r\")", "let p = Process()",
      "ProcessInfo.processInfo.environment", "getenv(\"HOME\")", "print(\"x\")", "if system(\"ls\") == 0 {}",
    ])
  func world(text: String) {
    for path in [
      "StellaModel/X.swift", "StellaDetection/Detect/X.swift", "StellaRemediation/X.swift", "StellaScripting/X.swift",
      "StellaLua/X.swift", "StellaEngine/X.swift", "StellaEngine/Assembly/X.swift",
    ] {
      #expect(!violations([path: text]).isEmpty, "\(path)")
    }
    #expect(violations(["StellaEngine/Live/X.swift": text]).isEmpty)
  }

  @Test("An unseeded random number is caught, a seeded one is not")
  func seeded() {
    #expect(violations(["StellaDetection/X.swift": "let x = rand()"]).count == 1)
    #expect(violations(["StellaDetection/X.swift": "let x = Int.random(in: 0..<9)"]).count == 1)
    #expect(violations(["StellaDetection/X.swift": "let x = Int.random(in: 0..<9, using: &generator)"]).isEmpty)
  }

  @Test("A target's own function of such a name is meant when it is called, the module's is not")
  func ownFunction() {
    #expect(
      violations(["StellaModel/X.swift": "let fd = open(path)", "StellaModel/Y.swift": "func close() {}"]).count == 1)
    #expect(
      violations(["StellaModel/X.swift": "let a = open(path)", "StellaModel/Y.swift": "func open(_ x: Int)"]).isEmpty)
    #expect(violations(["StellaModel/X.swift": "func open(){}; let fd = Glibc.open(path)"]).count == 1)
    #expect(violations(["StellaModel/X.swift": "open(1)", "StellaLua/Y.swift": "func open(_ x: Int)"]).count == 1)
  }

  @Test("C sources are looked at as well, with their one exception")
  func c() {
    #expect(violations(["CStellaMatch/x.cpp": "auto t = time(NULL);"]).count == 1)
    #expect(violations(["CStellaLua/x.c": "clock_gettime(CLOCK_MONOTONIC, &t);"]).isEmpty)
    #expect(violations(["CStellaJSON/x.cpp": "clock_gettime(CLOCK_MONOTONIC, &t);"]).count == 1)
    #expect(violations(["CStellaLua/x.c": "FILE *f = fopen(p, m);"]).count == 1)
  }

  @Test("Lua's headers stay behind the C boundary")
  func luaHeaders() {
    #expect(violations(["CStellaLua/stella_lua.c": "#include \"lua.h\"\n#include <lua5.4/lauxlib.h>"]).isEmpty)
    #expect(violations(["CStellaLua/include/stella_lua.h": "#include <lua.h>"]).count == 1)
    #expect(violations(["CStellaMatch/x.c": "# include <lua5.4/lualib.h>"]).count == 1)
  }

  @Test("A dependency that must not be is caught in the manifest, also one that comes through another target")
  func dependencies() {
    let direct = Self.manifest.replacingOccurrences(
      "\"StellaDetection\", \"StellaModel\"]", "\"StellaDetection\", .product(name: \"GRDB\", package: \"x\")]")
    #expect(
      violations([:], manifest: direct)
        == [
          "Package.swift: StellaEngine must not depend on GRDB",
          "Package.swift: building StellaEngine alone would build GRDB",
        ].sorted())
    let indirect = Self.manifest.replacingOccurrences(
      "\"StellaModel\", .target(name: \"CStellaValue\")", "\"StellaModel\", \"StellaSQLite\"")
    #expect(violations([:], manifest: indirect).contains("Package.swift: building StellaEngine alone would build GRDB"))
  }

  @Test("A target without a place, and a folder that is no target, are caught")
  func unknown() {
    let text = Self.manifest.replacingOccurrences(
      "\"StellaModel\"),", "\"StellaModel\"), .target(name: \"StellaExtras\"),")
    #expect(violations([:], manifest: text) == ["Package.swift: target StellaExtras has no place in Layers.swift"])
    #expect(violations(["Extras/X.swift": ""]).count == 1)
  }

  @Test(
    "Grab-bags are caught in files and folders",
    arguments: [
      "StellaModel/Utils.swift", "StellaModel/Common/Event.swift", "StellaModel/StringHelpers.swift",
      "StellaModel/Event+Utilities.swift", "StellaEngine/SessionManager.swift", "StellaModel/misc.swift",
      "StellaModel/HTTPUtils.swift", "CStellaLua/lua_helpers.c",
    ])
  func grabBags(path: String) {
    #expect(violations([path: ""]).count == 1)
    #expect(ArchitectureCheck.nameViolations(path.lowercased() == path ? path : "Tests/" + path).count == 1)
  }

  @Test("Names that only contain such a word are fine")
  func fineNames() {
    for name in ["Commons.swift", "CommonalityScore.swift", "Management.swift", "Miscount.swift", "Uncommon.swift"] {
      #expect(ArchitectureCheck.nameViolations(name).isEmpty, "\(name)")
    }
  }

  @Test("A main file of fifty lines is caught")
  func longMain() {
    let main = "import StellaCommands\n" + String(repeating: "// line\n", count: 60)
    #expect(violations(["stella/main.swift": main]).count == 1)
  }
}

extension String {
  /// Replaces the first place, and fails loudly when there is none: a self-test must test what it says.
  fileprivate func replacingOccurrences(_ old: String, _ new: String) -> String {
    guard let range = firstRange(of: old) else { preconditionFailure("\(old) is not in the manifest") }
    return replacingCharacters(in: range, with: new)
  }

  private func replacingCharacters(in range: Range<String.Index>, with new: String) -> String {
    String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
  }
}
