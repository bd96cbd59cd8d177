import Foundation
import Testing

@Suite("What embedders build on")
struct PublicSurfaceTests {
  /// Products that others depend on.
  static let modules = [
    "StellaModel", "StellaEngine", "StellaLogging", "StellaMetrics", "StellaSQLite", "StellaServer", "StellaTesting",
  ]
  static let golden = "Tests/ArchitectureTests/PublicSurface.txt"

  static func surface(of modules: [String]) throws -> PublicSurface {
    var sources: [String: String] = [:]
    for module in modules {
      for path in try ArchitectureTests.files(in: "Sources/" + module) where path.hasSuffix(".swift") {
        sources[module + "/" + path] = try ArchitectureTests.text("Sources/" + module + "/" + path)
      }
    }
    return PublicSurface(sources)
  }

  /// A change here is a change of a promise: what goes or becomes another breaks somebody's build and wants a new major version,
  /// what comes wants a line in the changelog. `STELLA_WRITE_SURFACE=1 swift test --filter PublicSurface` writes it anew.
  @Test("Public declarations are those of the golden file")
  func golden() throws {
    let now = try Self.surface(of: Self.modules).declarations
    #expect(now.count > 200)
    if ProcessInfo.processInfo.environment["STELLA_WRITE_SURFACE"]?.isEmpty == false {
      try Data((now.joined(separator: "\n") + "\n").utf8).write(
        to: ArchitectureTests.root.appendingPathComponent(Self.golden))
    }
    let kept = try ArchitectureTests.text(Self.golden).split(separator: "\n").map(String.init)
    let gone = Set(kept).subtracting(now).sorted()
    let new = Set(now).subtracting(kept).sorted()
    #expect(gone.isEmpty, "gone or changed:\n\(gone.joined(separator: "\n"))")
    #expect(new.isEmpty, "new or changed:\n\(new.joined(separator: "\n"))")
  }

  @Test("No test writes committed files because of a variable that is set and empty")
  func writing() throws {
    var found = 0
    for path in try ArchitectureTests.files(in: "Tests") where path.hasSuffix(".swift") {
      for part in try ArchitectureTests.text("Tests/" + path).components(separatedBy: "environment[\"STELLA_WRITE_")
        .dropFirst()
      {
        found += 1
        #expect(part.drop { $0 != "]" }.hasPrefix("]?.isEmpty == false"), "\(path)")
      }
    }
    #expect(found >= 3)
  }

  @Test("Every public declaration of an embedder's modules says what it is")
  func documented() throws {
    let missing = try Self.surface(of: Self.modules).undocumented
    #expect(missing.isEmpty, "\(missing.joined(separator: "\n"))")
  }

  @Test("Declarations are read with the types that they stand in, without their bodies and values")
  func reading() {
    let surface = PublicSurface([
      "M/A.swift": """
      /// A thing.
      public struct A<T>: Sendable {
        /// Counts.
        public var count = 4
        public func f(
          _ x: Int, y: String = "a, b"
        ) -> Int { x }
        var q: Int
      }

      /// Cases.
      public indirect enum E {
        /// One.
        case one(Int)
        case two
      }
      """
    ])
    #expect(
      surface.declarations == [
        "M A › public func f( _ x: Int, y: String = ) -> Int", "M A › public var count",
        "M E › case one(Int)", "M E › case two", "M public indirect enum E", "M public struct A<T>: Sendable",
      ])
    #expect(surface.undocumented == ["M/A.swift:5", "M/A.swift:15"])
  }
}
