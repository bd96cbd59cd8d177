/// A string of a Sigma rule: literal bytes with wildcards between them.
package struct SigmaPattern: Sendable, Hashable {
  package enum Part: Sendable, Hashable {
    case bytes([UInt8])
    /// `*`
    case anything
    /// `?`
    case anyCharacter
    /// One of the characters that `windash` takes for each other.
    case dash
    /// `%name%`, only with the modifier `expand`.
    case placeholder(String)
  }

  package var parts: [Part]

  package init(parts: [Part]) { self.parts = SigmaPattern.joined(parts) }

  package init(literal bytes: [UInt8]) { self.init(parts: [.bytes(bytes)]) }

  /// Reads wildcards and their escapes: a backslash makes `*`, `?` and a backslash literal, and stands for itself before
  /// anything else.
  package init(_ text: String) {
    var parts: [Part] = []
    var bytes: [UInt8] = []
    func flush() {
      if !bytes.isEmpty { parts.append(.bytes(bytes)) }
      bytes = []
    }
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\\"):
        if let next = rest.first, [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "\\")].contains(next) {
          bytes.append(next)
          rest.removeFirst()
        } else {
          bytes.append(byte)
        }
      case UInt8(ascii: "*"):
        flush()
        parts.append(.anything)
      case UInt8(ascii: "?"):
        flush()
        parts.append(.anyCharacter)
      default: bytes.append(byte)
      }
    }
    flush()
    self.init(parts: parts)
  }

  /// The bytes, when there are no wildcards.
  package var literal: [UInt8]? {
    if parts.isEmpty { return [] }
    if parts.count == 1, case .bytes(let bytes) = parts[0] { return bytes }
    return nil
  }

  package func containing() -> SigmaPattern { SigmaPattern(parts: [.anything] + parts + [.anything]) }
  package func starting() -> SigmaPattern { SigmaPattern(parts: parts + [.anything]) }
  package func ending() -> SigmaPattern { SigmaPattern(parts: [.anything] + parts) }

  private static func joined(_ parts: [Part]) -> [Part] {
    var result: [Part] = []
    for part in parts {
      switch (part, result.last) {
      case (.bytes(let bytes), _) where bytes.isEmpty: continue
      case (.bytes(let bytes), .bytes(let before)?): result[result.count - 1] = .bytes(before + bytes)
      case (.anything, .anything?): continue
      default: result.append(part)
      }
    }
    return result
  }

  // MARK: - Dashes

  static let dashes = ["-", "/", "\u{2013}", "\u{2014}", "\u{2015}"]

  /// With each dash that begins a flag (a dash or slash before a letter or digit and behind none) made interchangeable.
  func withDashes() -> SigmaPattern {
    var result: [Part] = []
    var isBehindWord = false
    for part in parts {
      guard case .bytes(let bytes) = part else {
        result.append(part)
        isBehindWord = false
        continue
      }
      let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
      for (index, scalar) in scalars.enumerated() {
        let next = index + 1 < scalars.count ? scalars[index + 1] : nil
        if SigmaPattern.dashes.contains(String(scalar)), !isBehindWord, let next, SigmaPattern.isWord(next) {
          result.append(.dash)
        } else {
          result.append(.bytes(Array(String(scalar).utf8)))
        }
        isBehindWord = SigmaPattern.isWord(scalar)
      }
    }
    return SigmaPattern(parts: result)
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }

  /// Every way to write the dashes, when there are at most `limit`; nil beyond.
  func spelledOut(limit: Int) -> [SigmaPattern]? {
    var result: [[Part]] = [[]]
    for part in parts {
      if case .dash = part {
        result = result.flatMap { head in SigmaPattern.dashes.map { head + [.bytes(Array($0.utf8))] } }
        if result.count > limit { return nil }
      } else {
        for index in result.indices { result[index].append(part) }
      }
    }
    return result.map { SigmaPattern(parts: $0) }
  }

  // MARK: - Placeholders

  /// With `%name%` read as placeholders.
  func withPlaceholders() -> SigmaPattern {
    var result: [Part] = []
    for part in parts {
      guard case .bytes(let bytes) = part else {
        result.append(part)
        continue
      }
      var rest = bytes[...]
      while let open = rest.firstIndex(of: UInt8(ascii: "%")) {
        let body = rest[(open + 1)...]
        let name = body.prefix { $0 == 95 || $0 == 45 || $0 == 46 || isAlphanumeric($0) }
        guard !name.isEmpty, body.dropFirst(name.count).first == UInt8(ascii: "%") else {
          result.append(.bytes(Array(rest[...open])))
          rest = rest[(open + 1)...]
          continue
        }
        result.append(.bytes(Array(rest[..<open])))
        result.append(.placeholder(String(decoding: name, as: UTF8.self)))
        rest = body.dropFirst(name.count + 1)
      }
      result.append(.bytes(Array(rest)))
    }
    return SigmaPattern(parts: result)
  }

  private func isAlphanumeric(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }

  /// The first placeholder.
  var placeholder: String? {
    for case .placeholder(let name) in parts { return name }
    return nil
  }

  func replacing(_ name: String, by value: SigmaPattern) -> SigmaPattern {
    SigmaPattern(parts: parts.flatMap { $0 == .placeholder(name) ? value.parts : [$0] })
  }

  // MARK: - As a regular expression

  /// RE2 syntax that matches the same texts, anchored where there is no `*`. Nil when it is no UTF-8.
  ///
  /// - Parameter isCased: whether upper and lower case differ.
  func regularExpression(isCased: Bool) -> String? {
    var result = isCased ? "(?s)" : "(?is)"
    var inner = parts[...]
    if case .anything? = inner.first { inner = inner.dropFirst() } else { result += "^" }
    var end = "$"
    if case .anything? = inner.last {
      inner = inner.dropLast()
      end = ""
    }
    for part in inner {
      switch part {
      case .bytes(let bytes):
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        result += SigmaPattern.quoted(text)
      case .anything: result += ".*"
      case .anyCharacter: result += "."
      case .dash: result += "[-/\u{2013}\u{2014}\u{2015}]"
      case .placeholder: return nil
      }
    }
    return result + end
  }

  private static func quoted(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if "\\.+*?()|[]{}^$".unicodeScalars.contains(scalar) {
        result += "\\\(scalar)"
      } else if scalar.value < 0x20 || scalar.value == 0x7F {
        result += "\\x{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
