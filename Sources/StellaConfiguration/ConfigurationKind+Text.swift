import StellaModel

extension ConfigurationKey.Kind {
  /// What is allowed, for error messages and the reference page.
  var text: String {
    switch self {
    case .text: "text"
    case .path: "a path"
    case .flag: "`true` or `false`"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .duration(let range):
      "a duration such as `5s`, `250ms` or `1h30m`, from \(DurationText.text(range.lowerBound)) to "
        + DurationText.text(range.upperBound)
    case .size(let range):
      "a size such as `64KiB` or `1MiB`, from \(SizeText.text(range.lowerBound)) to "
        + SizeText.text(range.upperBound)
    case .choice(let names): "one of " + names.map { "`\($0)`" }.joined(separator: ", ")
    case .list(let element):
      switch element {
      case .object: "a list of entries"
      default: "a list, each \(element.text)"
      }
    case .object, .variants: "keys with values"
    case .map(let key, _): "keys with values, each key \(key)"
    case .scalar: "a number, text, `true` or `false`, or a list of these"
    }
  }

  /// The keys that may stand inside, of an object or of each object in a list.
  var keys: [ConfigurationKey]? {
    switch self {
    case .object(let keys): keys
    case .list(let element): element.keys
    case .map(_, let element): element.keys
    case .variants(let variants):
      [ConfigurationKey.kind(of: variants)]
        + variants.flatMap(\.keys).reduce(into: []) { keys, key in
          if !keys.contains(where: { $0.name == key.name }) { keys.append(key) }
        }
    default: nil
    }
  }
}
