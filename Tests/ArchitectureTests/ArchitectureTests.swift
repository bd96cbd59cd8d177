import Foundation
import Testing

@Suite("The architecture")
struct ArchitectureTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Files below a folder of the repository, by their path from it.
  static func files(in folder: String) throws -> [String] {
    let top = root.appendingPathComponent(folder).path
    let paths = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
    return paths.filter { !$0.hasPrefix(".") }
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  @Test("Nothing of what must never be is in the sources or the manifest")
  func holds() throws {
    var sources: [String: String] = [:]
    let endings = [".swift", ".c", ".h", ".cpp", ".hpp", ".cc"]
    for path in try Self.files(in: "Sources") where endings.contains(where: path.hasSuffix) {
      sources[path] = try Self.text("Sources/" + path)
    }
    #expect(sources.count > 20)
    let manifest = PackageManifest(try Self.text("Package.swift"))
    #expect(manifest.targets.contains { $0.name == "StellaEngine" && $0.dependencies.contains("StellaDetection") })
    let violations = ArchitectureCheck(sources: sources, manifest: manifest).violations()
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  @Test("No file or folder is a grab-bag")
  func names() throws {
    let paths = try ["Sources", "Tests", "Scripts", "Rules", "Fixes"].flatMap { folder in
      try Self.files(in: folder).map { folder + "/" + $0 }
    }
    #expect(paths.count > 30)
    let violations = Set(paths.flatMap(ArchitectureCheck.nameViolations)).sorted()
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  @Test("Every target with sources has a test target, and every target of the manifest has sources")
  func tested() throws {
    let manifest = PackageManifest(try Self.text("Package.swift"))
    let names = Set(manifest.targets.map(\.name))
    for target in manifest.targets where target.kind == "target" && target.name.hasPrefix("Stella") {
      #expect(names.contains(target.name + "Tests") || target.name == "StellaTesting", "\(target.name) has no tests")
    }
    for target in manifest.targets where target.kind != "testTarget" {
      #expect(try !Self.files(in: target.folder).isEmpty, "\(target.name)")
      // Whatever isn't among the sources is for ourselves alone.
      guard !target.folder.hasPrefix("Sources/") else { continue }
      #expect(target.kind == "executableTarget" && !manifest.offered.contains(target.name), "\(target.name)")
    }
  }
}
