/// What the parser says of text that is no YAML, in words for people, with what is to be done.
enum YAMLTrouble {
  /// - Parameter problem: as libyaml words it.
  static func text(_ problem: String) -> String {
    switch problem {
    case "did not find expected ',' or ']'": "a list that begins with `[` lacks a comma, or has no `]` at its end."
    case "did not find expected ',' or '}'": "keys that begin with `{` lack a comma, or have no `}` at their end."
    case "could not find expected ':'": "a key has no `:` behind it."
    case "mapping values are not allowed in this context":
      "a `:` stands where no key can be. Put text with a colon into quotes, or look at how far the line is indented."
    case "did not find expected key", "did not find expected '-' indicator":
      "this line doesn't go on with what is above it. Look at how far it is indented."
    case "block sequence entries are not allowed in this context":
      "a list can't begin here. Write its first `-` on a line of its own."
    case "found character that cannot start any token":
      "no value begins with such a character. Indent with spaces, not with tabs, and put text that begins with @, ` or % into quotes."
    case "found a tab character that violates indentation",
      "found a tab character where an indentation space is expected":
      "there is a tab. Indent with spaces."
    case "did not find expected node content": "there is no value here, or a bracket has no end."
    case "found unexpected end of stream": "quotes are not closed."
    case "found unknown escape character":
      "there is no such escape. Put the text into single quotes, in which `\\` is a backslash."
    default: "is no YAML: \(problem)."
    }
  }
}
