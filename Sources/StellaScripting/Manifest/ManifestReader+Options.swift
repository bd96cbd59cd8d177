import StellaLua
import StellaModel

extension ManifestReader {
  /// The options of a primitive whose registry entry has ``ScriptPrimitive/keys``. The first key may be given without its
  /// name.
  mutating func options(of primitive: ScriptPrimitive, arguments: LuaTable, path: String) -> PrimitiveOptions {
    var options = PrimitiveOptions()
    var given = arguments.fields
    if arguments.array.count > 1 {
      report(
        "rule.wrong_type", "\(primitive.name) got \(arguments.array.count) values without a name",
        "It takes: \(primitive.keys.map(\.name).joined(separator: ", ")).", path)
    }
    if let first = arguments.array.first, let key = primitive.keys.first {
      if arguments[key.name] != nil {
        report(
          "rule.wrong_type", "\(primitive.name) got \(key.name) twice, with and without its name", "Keep one of them.",
          path)
      }
      given.append((key.name, first))
    }
    for (name, value) in given {
      guard let key = primitive.keys.first(where: { $0.name == name }) else {
        let names = primitive.keys.map(\.name)
        let hint = NearestName.of(name, in: names).map { "Did you mean \($0)? " } ?? ""
        report(
          "rule.unknown_key", "\(primitive.name) got \(name) = \(kind(value))",
          hint + "It takes: \(names.joined(separator: ", ")).", "\(path).\(name)")
        continue
      }
      if let found = mismatch(value, key.kind) {
        report("rule.wrong_type", "\(path).\(name) is \(found)", "It is \(key.expected).", "\(path).\(name)")
        continue
      }
      options.set(key, to: value)
    }
    for key in primitive.keys where !options.has(key.name) {
      if key.isRequired, !given.contains(where: { $0.key == key.name }) {
        report(
          "rule.missing_key", "\(primitive.name) has no \(key.name)",
          "It is \(key.expected): \(key.meaning)", path)
      }
      options.setDefault(of: key)
    }
    if primitive.keys.allSatisfy({ !$0.isRequired || options.has($0.name) }) {
      check(options, of: primitive, path: path)
    }
    return options
  }

  /// What keys can't say one by one.
  private mutating func check(_ options: PrimitiveOptions, of primitive: ScriptPrimitive, path: String) {
    func least(_ name: String, _ nanoseconds: Int64) -> (String, String)? {
      guard options.has(name), options.duration(name) < nanoseconds else { return nil }
      return ("\(path).\(name) is shorter than \(DurationText.text(nanoseconds))", name)
    }
    let second: Int64 = 1_000_000_000
    let shortest: [(String, Int64)] =
      switch primitive.name {
      case "session": [("gap", second), ("max", second)]
      case "first_seen", "top": [("within", second)]
      case "baseline": [("bucket", 10 * second)]
      case "forecast": [("within", 60 * second)]
      case "anomaly": [("bucket", second), ("keep", 3600 * second)]
      case "templates": [("keep", 3600 * second)]
      default: []
      }
    for (message, name) in shortest.compactMap({ least($0.0, $0.1) }) {
      report("rule.wrong_type", message, "Use a longer time.", "\(path).\(name)")
    }
    switch primitive.name {
    case "session" where options.duration("max") < options.duration("gap"):
      report("rule.wrong_type", "\(path).max is shorter than gap", "Use a max of several gaps.", "\(path).max")
    case "forecast" where options.duration("min_history") > options.duration("within"):
      report(
        "rule.wrong_type", "\(path).min_history is longer than within, which is all that is kept",
        "Raise within, or lower min_history.", "\(path).min_history")
    case "templates" where options.duration("keep") < options.duration("learn"):
      report(
        "rule.wrong_type", "\(path).keep is shorter than learn, so a quiet key would learn for ever",
        "Raise keep, or lower learn.", "\(path).keep")
    case "anomaly" where options.duration("keep") < options.duration("bucket"):
      report(
        "rule.wrong_type", "\(path).keep is shorter than bucket", "Keep a series for many buckets.", "\(path).keep")
    case "baseline": checkBaseline(options, path: path)
    default: break
    }
  }

  private mutating func checkBaseline(_ options: PrimitiveOptions, path: String) {
    guard let shape = BaselineShape(options) else {
      report(
        "rule.wrong_type", "\(path).bucket does not divide its season",
        "Use a bucket such as \"5m\", \"10m\", \"15m\" or \"1h\".", "\(path).bucket")
      return
    }
    if shape.kept > BaselineShape.mostBuckets {
      report(
        "rule.wrong_type", "\(path) keeps \(shape.kept) buckets a key, and \(BaselineShape.mostBuckets) is the most",
        "Use a longer bucket or a shorter keep.", "\(path).bucket")
    }
    if shape.kept < max(shape.season, 3) {
      report(
        "rule.wrong_type", "\(path).keep is shorter than \(shape.season == 1 ? "three buckets" : "one season")",
        "Keep several seasons, such as keep = \"4w\".", "\(path).keep")
    }
    if shape.history > shape.kept {
      report(
        "rule.wrong_type", "\(path).min_history is longer than keep, so nothing would ever be usual",
        "Raise keep, or lower min_history.", "\(path).min_history")
    }
  }
}
