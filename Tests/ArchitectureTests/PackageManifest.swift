/// The targets of a `Package.swift`, read from its text: enough for `.target(name:…, dependencies: […])` written out.
struct PackageManifest {
  struct Target: Equatable {
    let kind: String
    let name: String
    /// Our own targets and products of other packages alike, by name.
    let dependencies: [String]
    /// Its folder, from the package's on.
    var folder: String
    /// The trait under which alone a dependency counts, by the dependency's name.
    var traits: [String: String] = [:]
  }

  let targets: [Target]
  /// Targets that stand in products, which others can ask for.
  let offered: Set<String>

  init(_ text: String) {
    let text = Array(text)
    var targets: [Target] = []
    for kind in ["executableTarget", "target", "testTarget", "systemLibrary", "macro", "plugin"] {
      for start in PackageManifest.occurrences(of: "." + kind + "(", in: text) {
        guard let body = PackageManifest.balanced(text, from: start + kind.count + 1),
          let name = PackageManifest.strings(in: body, after: "name:").first
        else { continue }
        // `.target(name: "X", condition: …)` inside dependencies names a target, it doesn't declare one.
        if PackageManifest.isDependency(text, at: start) { continue }
        targets.append(
          Target(
            kind: kind, name: name, dependencies: PackageManifest.dependencies(in: body),
            folder: PackageManifest.strings(in: body, after: "path:").first
              ?? (kind == "testTarget" ? "Tests/" : "Sources/") + name,
            traits: PackageManifest.traits(in: body)))
      }
    }
    self.targets = targets
    var offered: Set<String> = []
    for kind in [".library(", ".executable("] {
      for start in PackageManifest.occurrences(of: kind, in: text) {
        guard let body = PackageManifest.balanced(text, from: start + kind.count - 1),
          let label = PackageManifest.occurrences(of: "targets:", in: body).first,
          let list = PackageManifest.balanced(body, from: label)
        else { continue }
        offered.formUnion(PackageManifest.strings(in: list, after: nil))
      }
    }
    self.offered = offered
  }

  /// Everything that building `name` builds.
  func closure(of name: String) -> Set<String> {
    var closure: Set<String> = []
    var open = [name]
    while let next = open.popLast() {
      for dependency in targets.first(where: { $0.name == next })?.dependencies ?? []
      where closure.insert(dependency).inserted { open.append(dependency) }
    }
    return closure
  }

  private static func dependencies(in body: [Character]) -> [String] {
    guard let start = occurrences(of: "dependencies:", in: body).first,
      let bracket = body[start...].firstIndex(of: "["), let list = balanced(body, from: bracket)
    else { return [] }
    var names: [String] = []
    var text = list
    // `.product(name: "X", package: "Y", …)` and `.target(name: "X", …)` count by their first string.
    for call in [".product(", ".target(", ".byName("] {
      while let start = occurrences(of: call, in: text).first, let body = balanced(text, from: start + call.count - 1) {
        names += strings(in: body, after: "name:").prefix(1)
        text.replaceSubrange(start..<(start + call.count + body.count + 1), with: [" "])
      }
    }
    return names + strings(in: text, after: nil)
  }

  /// Dependencies written as `.target(name: "X", condition: .when(traits: ["T"]))`.
  private static func traits(in body: [Character]) -> [String: String] {
    var traits: [String: String] = [:]
    for call in [".product(", ".target("] {
      for start in occurrences(of: call, in: body) {
        guard let inner = balanced(body, from: start + call.count - 1),
          let name = strings(in: inner, after: "name:").first,
          let condition = occurrences(of: "traits:", in: inner).first, let list = balanced(inner, from: condition)
        else { continue }
        let names = strings(in: list, after: nil)
        if names.count == 1 { traits[name] = names[0] }
      }
    }
    return traits
  }

  private static func isDependency(_ text: [Character], at start: Int) -> Bool {
    // Looks back for the bracket that is open here: of `targets: [` or of `dependencies: [`.
    var depth = 0
    for index in text[..<start].indices.reversed() {
      if text[index] == "]" { depth += 1 }
      if text[index] == "[" {
        if depth == 0 { return String(text[..<index].suffix(20)).contains("dependencies:") }
        depth -= 1
      }
    }
    return false
  }

  private static func occurrences(of needle: String, in text: [Character]) -> [Int] {
    let needle = Array(needle)
    guard text.count >= needle.count else { return [] }
    return (0...(text.count - needle.count)).filter { text[$0] == needle[0] && text[$0...].starts(with: needle) }
  }

  /// What is between the bracket at or after `from` and the one that closes it.
  private static func balanced(_ text: [Character], from: Int) -> [Character]? {
    var depth = 0
    for index in from..<text.count {
      switch text[index] {
      case "(", "[": depth += 1
      case ")", "]":
        depth -= 1
        if depth == 0 { return Array(text[(from + 1)..<index]) }
      default: break
      }
    }
    return nil
  }

  /// String literals, all or those directly behind a label.
  private static func strings(in text: [Character], after label: String?) -> [String] {
    let pieces = String(text).split(separator: "\"", omittingEmptySubsequences: false)
    return pieces.indices.compactMap { index in
      guard index % 2 == 1 else { return nil }
      if let label, !pieces[index - 1].trimmingSuffixBlanks().hasSuffix(label) { return nil }
      return String(pieces[index])
    }
  }
}

extension Substring {
  fileprivate func trimmingSuffixBlanks() -> Substring {
    var text = self
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
