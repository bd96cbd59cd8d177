/// Replaces `${NAME}` in a value by the environment variable NAME. `$${` stands for a literal `${`; a `$` before
/// anything else is a dollar sign. Values are not looked through again.
struct EnvironmentText {
  enum Failure: Error, Equatable {
    case notSet(String)
    /// `${` without an end, or with something else than a name inside.
    case malformed(String)
  }

  let environment: [String: String]

  func expand(_ text: String) throws(Failure) -> String {
    guard text.contains("${") else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      let after = rest[rest.index(after: dollar)...]
      if after.hasPrefix("${") {
        result += "${"
        rest = after.dropFirst(2)
      } else if after.hasPrefix("{") {
        guard let close = after.firstIndex(of: "}") else { throw .malformed(String(rest[dollar...])) }
        let name = String(after[after.index(after: after.startIndex)..<close])
        guard EnvironmentText.isName(name) else { throw .malformed(String(rest[dollar...close])) }
        guard let value = environment[name] else { throw .notSet(name) }
        result += value
        rest = after[after.index(after: close)...]
      } else {
        result += "$"
        rest = after
      }
    }
    return result + rest
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy {
      (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
    }
  }
}
