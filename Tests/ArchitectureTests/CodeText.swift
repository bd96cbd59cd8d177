/// The code of a Swift or C file without its comments and string literals, so that words in prose are not taken for
/// uses. Strings' interpolations go with them.
struct CodeText {
  let lines: [String]

  init(_ text: String) {
    var code: [UInt8] = []
    let bytes = Array(text.utf8)
    var at = 0
    func starts(_ token: String, _ index: Int) -> Bool { bytes[index...].starts(with: token.utf8) }
    func skip(_ count: Int) {
      // Line feeds stay, so that lines keep their numbers.
      for byte in bytes[at..<min(bytes.count, at + count)] { code.append(byte == 0x0a ? 0x0a : 0x20) }
      at += count
    }
    while at < bytes.count {
      if starts("//", at) {
        while at < bytes.count, bytes[at] != 0x0a { skip(1) }
      } else if starts("/*", at) {
        var depth = 0
        repeat {
          if starts("/*", at) { depth += 1 } else if starts("*/", at) { depth -= 1 }
          skip(starts("/*", at) || starts("*/", at) ? 2 : 1)
        } while depth > 0 && at < bytes.count
      } else if let literal = CodeText.literalLength(bytes, at) {
        skip(literal)
      } else {
        code.append(bytes[at])
        at += 1
      }
    }
    lines = String(decoding: code, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
  }

  /// Bytes of the string literal that begins at `start`: plain, raw, or over several lines.
  private static func literalLength(_ bytes: [UInt8], _ start: Int) -> Int? {
    var at = start
    while at < bytes.count, bytes[at] == UInt8(ascii: "#") { at += 1 }
    let pounds = at - start
    guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
    let quotes = bytes[at...].starts(with: "\"\"\"".utf8) ? 3 : 1
    let end = Array(repeating: UInt8(ascii: "\""), count: quotes) + Array(repeating: UInt8(ascii: "#"), count: pounds)
    at += quotes
    while at < bytes.count {
      if bytes[at...].starts(with: end) { return at + end.count - start }
      if quotes == 1, bytes[at] == 0x0a { return at - start }
      if bytes[at] == UInt8(ascii: "\\"), pounds == 0 { at += 1 }
      at += 1
    }
    return bytes.count - start
  }

  /// The modules that the file imports or includes, with their lines from 1.
  var imports: [(module: String, line: Int)] {
    lines.enumerated().compactMap { index, line in
      let words = line.split { $0.isWhitespace || $0 == "." || $0 == ";" }.map(String.init)
      guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
        words[..<at].allSatisfy({ $0.hasPrefix("@") || CodeText.access.contains($0) })
      else { return nil }
      let isScoped = CodeText.scopes.contains(words[at + 1]) && at + 2 < words.count
      return (words[isScoped ? at + 2 : at + 1], index + 1)
    }
  }

  private static let access: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
  private static let scopes: Set<String> = ["struct", "class", "enum", "func", "protocol", "typealias", "var", "let"]

  /// Lines, from 1, in which `word` is used; see ``Layers/worldly`` for its form. With `onlyQualified` a call counts
  /// only when the module is named, as in `Glibc.open(`.
  func uses(of word: String, onlyQualified: Bool = false) -> [Int] {
    let isCall = word.hasSuffix("(")
    let name = isCall ? String(word.dropLast()) : word
    return lines.enumerated().compactMap { index, line in
      guard line.contains(name) else { return nil }
      return CodeText.uses(name, in: Array(line.utf8), isCall: isCall, onlyQualified: onlyQualified) ? index + 1 : nil
    }
  }

  private static func uses(_ name: String, in line: [UInt8], isCall: Bool, onlyQualified: Bool) -> Bool {
    let name = Array(name.utf8)
    var from = 0
    while from + name.count <= line.count {
      defer { from += 1 }
      guard line[from...].starts(with: name) else { continue }
      let before = from > 0 ? line[from - 1] : 0x20
      let after = from + name.count < line.count ? line[from + name.count] : 0x20
      if isWord(before) || isWord(after) { continue }
      guard isCall else { return true }
      // A method or a declaration of that name is something else, unless the module is named.
      let head = String(decoding: line[..<from], as: UTF8.self)
      let isQualified = head.hasSuffix("Glibc.")
      let isMember = before == UInt8(ascii: ".") && !isQualified
      let isDeclared = head.hasSuffix("func ")
      if after == UInt8(ascii: "("), onlyQualified ? isQualified : !isMember && !isDeclared { return true }
    }
    return false
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte == 0x5f || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}
