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
    text += tables("Keys", path: "", keys: ConfigurationSchema.keys)
    return text + "\n## Example\n\n```yaml\n" + example() + "```\n"
  }

  /// A file that uses every key once, each with its example value.
  package static func example() -> String { ConfigurationSchema.keys.map { example($0, indent: "") }.joined() }

  private static func example(_ key: ConfigurationKey, indent: String) -> String {
    let isWhole = key.example.hasPrefix("{") || key.example.hasPrefix("\n")
    guard !isWhole, let inner = key.kind.keys else {
      return "\(indent)\(key.name):\(key.example.hasPrefix("\n") ? "" : " ")\(key.example)\n"
    }
    var text = "\(indent)\(key.name):\n"
    switch key.kind {
    case .list:
      // Keys that exclude each other have an entry each; the last of them gets all the others.
      for (index, member) in inner.enumerated() {
        let isNew = index == 0 || index < key.alternatives
        let lines = example(member, indent: indent + "    ")
        text += isNew ? indent + "  - " + lines.dropFirst(indent.count + 4) : lines
      }
    case .map:
      text += "\(indent)  \(key.example):\n"
      for member in inner { text += example(member, indent: indent + "    ") }
    default:
      for member in inner { text += example(member, indent: indent + "  ") }
    }
    return text
  }

  /// A table of the keys, and after it one for each of them that holds further keys.
  private static func tables(_ title: String, path: String, keys: [ConfigurationKey]) -> String {
    var text = table(title, keys: keys)
    for key in keys {
      let path = path + key.name
      for (title, keys) in groups(key.kind, title: "`\(path)`") { text += tables(title, path: path + ".", keys: keys) }
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
}
