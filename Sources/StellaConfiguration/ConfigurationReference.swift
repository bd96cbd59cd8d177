/// The documentation of `stella.yaml`, made from the table that checks it.
package enum ConfigurationReference {
  /// A reference page in Markdown: a table per group of keys, and a complete example.
  package static func markdown() -> String {
    var text = """
      # stella.yaml

      Every key is optional. Unknown keys are refused, with the place and the nearest name. `${NAME}` in a value is \
      replaced by the environment variable, which must be set; `$${` stands for the text `${`. A relative path counts \
      from the directory of the file.

      """
    text += table("Keys", keys: ConfigurationSchema.keys)
    for key in ConfigurationSchema.keys { text += tables(inside: key) }
    return text + "\n## Example\n\n```yaml\n" + example() + "```\n"
  }

  /// A file that uses every key once, each with its example value.
  package static func example() -> String {
    var text = ""
    for key in ConfigurationSchema.keys {
      guard let inner = key.kind.keys, key.example.isEmpty else {
        text += "\(key.name):\(key.example.hasPrefix("\n") ? "" : " ")\(key.example)\n"
        continue
      }
      text += "\(key.name):\n"
      guard isList(key.kind) else {
        for key in inner { text += "  \(key.name): \(key.example)\n" }
        continue
      }
      // The first keys of an entry exclude each other, so each has its own entry; the last gets all the others.
      let alternatives = inner.prefix(3)
      for key in alternatives { text += "  - \(key.name): \(key.example)\n" }
      for key in inner.dropFirst(3) { text += "    \(key.name): \(key.example)\n" }
    }
    return text
  }

  private static func table(_ title: String, keys: [ConfigurationKey]) -> String {
    var text = "\n## \(title)\n\n| key | value | default | meaning |\n|---|---|---|---|\n"
    for key in keys {
      let standard = key.standard.map { "`\($0)`" } ?? (key.isRequired ? "required" : "")
      // A bar would end the cell, within code too.
      let meaning = key.meaning.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
      text += "| `\(key.name)` | \(key.kind.text) | \(standard) | \(meaning) |\n"
    }
    return text
  }

  /// The tables of what stands inside a key, outermost first.
  private static func tables(inside key: ConfigurationKey) -> String {
    var text = ""
    for (title, keys) in groups(key.kind, title: "`\(key.name)`") {
      text += table(title, keys: keys)
      for inner in keys { text += tables(inside: inner) }
    }
    return text
  }

  private static func groups(
    _ kind: ConfigurationKey.Kind, title: String
  ) -> [(title: String, keys: [ConfigurationKey])] {
    switch kind {
    case .object(let keys): [(title, keys)]
    case .list(let element): groups(element, title: title + ", each entry")
    case .map(_, let element): groups(element, title: title + ", each entry")
    case .variants(let variants):
      variants.map { variant in
        (title + " of kind `\(variant.name)`", [ConfigurationKey.kind(of: variants)] + variant.keys)
      }
    default: []
    }
  }

  private static func isList(_ kind: ConfigurationKey.Kind) -> Bool {
    if case .list = kind { true } else { false }
  }
}
