/// One kind of request that a target's configuration allows: a method, and the form of the path and the query.
///
///     POST  /sources/{word}/reindex
///     GET   /v1/{jobs|queues}/{word}
///     PUT   /cache?region={eu|us}&name={word}
///
/// Each part between slashes is the text itself, a choice, or a word: 1 to ``wordLimitBytes`` bytes of ASCII letters,
/// digits and `. _ ~ @ : -`, but neither `.` nor `..`. A query is allowed as it is declared: the same names in the same
/// order. Nothing is ever percent-encoded, so that no server can read another path out of it than this one.
package struct HTTPAllowedRequest: Sendable, Hashable {
  enum Part: Sendable, Hashable {
    case text(String)
    case choice([String])
    case word
  }

  struct Parameter: Sendable, Hashable {
    var name: String
    var value: Part
  }

  package let method: String
  /// As it was declared.
  package let path: String
  /// Whether it may be sent without asking anybody.
  package let isSafe: Bool
  let parts: [Part]
  let query: [Parameter]?

  package static let wordLimitBytes = 256

  /// Reads a declaration.
  ///
  /// - Throws: what is wrong with it and what to write; nothing of it is allowed then.
  package init(method: String, path: String, isSafe: Bool) throws(HTTPDeclarationError) {
    guard Effect.HTTPRequest.methods.contains(method) else {
      let nearest = NearestName.of(method, in: Effect.HTTPRequest.methods).map { " Did you mean `\($0)`?" } ?? ""
      throw HTTPDeclarationError(
        "`\(TextEscaping.oneLine(method))` is none of the methods "
          + "\(Effect.HTTPRequest.methods.joined(separator: ", ")).\(nearest)")
    }
    guard path.hasPrefix("/") else {
      throw HTTPDeclarationError("`\(TextEscaping.oneLine(path))` doesn't begin with `/`; write the whole path.")
    }
    self.method = method
    self.path = path
    self.isSafe = isSafe
    let plain = path.prefix { $0 != "?" }
    let segments = plain.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    var parts: [Part] = []
    for (index, segment) in segments.enumerated() {
      guard !segment.isEmpty || index == segments.count - 1 else {
        throw HTTPDeclarationError("the path has `//`; write one slash.")
      }
      parts.append(try HTTPAllowedRequest.part(segment))
    }
    self.parts = parts
    guard plain.endIndex < path.endIndex else {
      query = nil
      return
    }
    var parameters: [Parameter] = []
    for item in path[path.index(after: plain.endIndex)...].split(separator: "&", omittingEmptySubsequences: false) {
      let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, HTTPAllowedRequest.isPlain(sides[0]) else {
        throw HTTPDeclarationError(
          "`\(TextEscaping.oneLine(String(item)))` is no part of a query; write `name=value` with `&` between them.")
      }
      parameters.append(Parameter(name: String(sides[0]), value: try HTTPAllowedRequest.part(sides[1])))
    }
    query = parameters
  }

  private static func part(_ text: Substring) throws(HTTPDeclarationError) -> Part {
    guard text.contains("{") || text.contains("}") else {
      guard text.isEmpty || isPlain(text) else {
        throw HTTPDeclarationError(
          "`\(TextEscaping.oneLine(String(text)))` is `.`, `..`, or has other characters than letters, digits and "
            + ". _ ~ @ : - + , ; ! $ ' ( ) *")
      }
      return .text(String(text))
    }
    let inner = text.dropFirst().dropLast()
    guard text.count >= 2, text.first == "{", text.last == "}", !inner.contains("{"), !inner.contains("}") else {
      throw HTTPDeclarationError(
        "`\(TextEscaping.oneLine(String(text)))`: braces stand around all that is between two slashes, as {word} or "
          + "{one|other}.")
    }
    if inner == "word" { return .word }
    let choices = inner.split(separator: "|", omittingEmptySubsequences: false)
    guard choices.count > 1, choices.allSatisfy({ !$0.isEmpty && isPlain($0) }) else {
      throw HTTPDeclarationError(
        "`\(TextEscaping.oneLine(String(text)))` is neither {word} nor a choice of two or more such as {one|other}.")
    }
    return .choice(choices.map(String.init))
  }

  private static func isPlain(_ text: Substring) -> Bool {
    text != "." && text != ".."
      && text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "._~@:-+,;!$'()*".utf8.contains($0) }
  }

  package static func isWord(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.count <= wordLimitBytes && text != "." && text != ".."
      && text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "._~@:-".utf8.contains($0) }
  }

  /// Whether a request with this method to this address is one of these; the origin is not looked at. O(path).
  package func allows(method: String, _ address: HTTPAddress) -> Bool {
    guard method == self.method else { return false }
    let segments = address.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard segments.count == parts.count, zip(parts, segments).allSatisfy(HTTPAllowedRequest.matches) else {
      return false
    }
    guard let given = address.query, let query else { return address.query == nil && query == nil }
    let items = given.split(separator: "&", omittingEmptySubsequences: false)
    return items.count == query.count
      && zip(query, items).allSatisfy { parameter, item in
        let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return sides.count == 2 && sides[0] == parameter.name && HTTPAllowedRequest.matches(parameter.value, sides[1])
      }
  }

  private static func matches(_ part: Part, _ text: Substring) -> Bool {
    switch part {
    case .text(let wanted): text == wanted
    case .choice(let choices): choices.contains { text == $0 }
    case .word: isWord(text)
    }
  }
}

extension HTTPAllowedRequest: CustomStringConvertible {
  package var description: String { "\(method) \(path)" }
}

/// Why a request that a configuration declares can't be allowed. A retry doesn't help before the configuration changed.
package struct HTTPDeclarationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong and what to write.
  package let message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}
