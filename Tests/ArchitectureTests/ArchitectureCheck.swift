/// Holds sources and a manifest against ``Layers``. Pure, so that tests can show it what must be caught.
struct ArchitectureCheck {
  /// Paths from `Sources/` on, such as `StellaModel/Event.swift`, with their text.
  let sources: [String: String]
  let manifest: PackageManifest

  /// Everything that must never be, each as a sentence with its place; empty when all is well.
  func violations() -> [String] {
    (targetViolations() + sources.keys.sorted().flatMap(fileViolations) + mainViolations()).sorted()
  }

  private func targetViolations() -> [String] {
    var found: [String] = []
    for target in manifest.targets where target.kind != "testTarget" {
      guard let rule = Layers.rules[target.name] else {
        found.append("Package.swift: target \(target.name) has no place in Layers.swift")
        continue
      }
      for dependency in target.dependencies where !isAllowed(dependency, rule: rule) {
        found.append("Package.swift: \(target.name) must not depend on \(dependency)")
      }
      for dependency in target.dependencies {
        guard let trait = Layers.gatedLibraries[dependency], target.traits[dependency] != trait else { continue }
        found.append("Package.swift: \(target.name) may depend on \(dependency) only under the trait \(trait)")
      }
    }
    for dependency in manifest.closure(of: "StellaEngine").sorted()
    where Layers.allows(Layers.neverInEngine, dependency) {
      found.append("Package.swift: building StellaEngine alone would build \(dependency)")
    }
    return found
  }

  private func isAllowed(_ module: String, rule: Layers.Rule) -> Bool {
    rule.own.contains(module) || Layers.allows(rule.others, module)
  }

  private func fileViolations(_ path: String) -> [String] {
    var found = ArchitectureCheck.nameViolations(path)
    let parts = path.split(separator: "/").map(String.init)
    guard let target = parts.first, let rule = Layers.rules[target] else {
      return found + ["Sources/\(path): its folder is no known target"]
    }
    let text = sources[path] ?? ""
    let code = CodeText(text)
    let isLive = !rule.isCore || (rule.liveFolder != nil && parts.count > 2 && parts[1] == rule.liveFolder)

    if path.hasSuffix(".swift") {
      for (module, line) in code.imports where module != target {
        let isHeavy = Layers.heavyToolchain.contains(module)
        if Layers.toolchain.contains(module) || isHeavy && isLive || isAllowed(module, rule: rule) { continue }
        let why = isHeavy ? " (FoundationEssentials or Glibc are light enough)" : ""
        found.append("Sources/\(path):\(line): \(target) must not import \(module)\(why)")
      }
    }
    found += luaIncludes(path, target: target, text: text)
    if let trait = Layers.gated[target], path.hasSuffix(".swift"), !ArchitectureCheck.isWhole(code, under: trait) {
      found.append("Sources/\(path): all of it has to stand between `#if \(trait)` and `#endif`")
    }
    guard !isLive else { return found }
    for (reason, words) in Layers.worldly {
      for word in words
      where !Layers.exceptions.contains(where: { path.hasPrefix($0.path) && $0.word == word }) {
        for line in code.uses(of: word, onlyQualified: declares(word, target: target)) {
          found.append("Sources/\(path):\(line): \(word) reaches for \(reason), which belongs to StellaEngine/Live")
        }
      }
    }
    for (index, line) in code.lines.enumerated() where !line.contains("using") {
      for call in Layers.seedable where line.contains(call) {
        found.append("Sources/\(path):\(index + 1): \(call)…) without a generator is not repeatable")
      }
    }
    return found
  }

  /// Whether one `#if` of that condition, without an `#else`, holds all code of a file.
  private static func isWhole(_ code: CodeText, under condition: String) -> Bool {
    let lines = code.lines.map { $0.split { $0.isWhitespace }.joined(separator: " ") }.filter { !$0.isEmpty }
    guard lines.first == "#if " + condition, lines.last == "#endif" else { return false }
    var depth = 0
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("#if") { depth += 1 }
      if line.hasPrefix("#else"), depth == 1 { return false }
      if line == "#endif" { depth -= 1 }
      if depth == 0, index + 1 < lines.count { return false }
    }
    return true
  }

  /// Whether the target has a function of its own by that name, such as `open(`.
  private func declares(_ word: String, target: String) -> Bool {
    guard word.hasSuffix("(") else { return false }
    return sources.contains { $0.key.hasPrefix(target + "/") && $0.value.contains("func " + word) }
  }

  /// Lua's headers are for the C boundary; its public header shows none of their types, so that Swift can't call them.
  private func luaIncludes(_ path: String, target: String, text: String) -> [String] {
    let isBoundary = target == "CLua" || target == "CStellaLua" && !path.contains("/include/")
    guard !isBoundary else { return [] }
    return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
      let words = line.split { " \t\"<>/".contains($0) }
      guard words.first == "#include" || words.first == "#" && words.dropFirst().first == "include",
        words.contains(where: { ["lua.h", "lauxlib.h", "lualib.h", "lua.hpp", "luaconf.h"].contains($0) })
      else { return nil }
      return "Sources/\(path):\(index + 1): only CStellaLua's own files may include Lua's headers"
    }
  }

  private func mainViolations() -> [String] {
    let main = sources.filter { $0.key.hasPrefix("stella/") }.values
    let lines = main.reduce(0) { $0 + $1.split(separator: "\n", omittingEmptySubsequences: false).count }
    return lines < Layers.mainLines
      ? [] : ["Sources/stella: \(lines) lines; fewer than \(Layers.mainLines) are allowed"]
  }

  /// A part of a path that is a grab-bag: `Utils.swift`, `Common/`, `StringHelpers.swift`.
  static func nameViolations(_ path: String) -> [String] {
    path.split(separator: "/").compactMap { part in
      let name = part.split(separator: ".").first.map(String.init) ?? String(part)
      guard let word = words(of: name).first(where: { Layers.grabBags.contains($0) }) else { return nil }
      return "\(path): `\(word)` says nothing about what is in it"
    }
  }

  /// `HTTPClientHelpers+X` → http client helpers x (lower case).
  private static func words(of name: String) -> [String] {
    var words: [String] = []
    var word = ""
    let characters = Array(name)
    for (index, character) in characters.enumerated() {
      let next = index + 1 < characters.count ? characters[index + 1] : nil
      let startsWord = character.isUppercase && (word.last?.isLowercase == true || next?.isLowercase == true)
      if !character.isLetter || startsWord {
        if !word.isEmpty { words.append(word.lowercased()) }
        word = ""
      }
      if character.isLetter { word.append(character) }
    }
    return words + (word.isEmpty ? [] : [word.lowercased()])
  }
}
