/// One key of `stella.yaml`: what it takes, what it means. Validation and the reference page both read this, so that
/// neither can say something else than the other.
struct ConfigurationKey: Sendable {
  let name: String
  let kind: Kind
  let isRequired: Bool
  /// What holds without the key, as it would be written; `nil` when there is nothing to write.
  let standard: String?
  /// One to three sentences for the reference page.
  let meaning: String
  /// How a value looks, as YAML behind `name: `. For keys that hold other keys it is empty, or the name of an entry where
  /// any name may stand.
  let example: String
  /// How many of the first keys of an entry exclude each other; 0 or 1: none do.
  let alternatives: Int

  init(
    _ name: String, _ kind: Kind, isRequired: Bool = false, standard: String? = nil, example: String = "",
    alternatives: Int = 0, _ meaning: String
  ) {
    self.name = name
    self.kind = kind
    self.isRequired = isRequired
    self.standard = standard
    self.meaning = meaning
    self.example = example
    self.alternatives = alternatives
  }

  /// The key that tells which of several variants an entry is.
  static func kind(of variants: [(name: String, keys: [ConfigurationKey])]) -> ConfigurationKey {
    ConfigurationKey("kind", .choice(variants.map(\.name)), isRequired: true, "What it is.")
  }

  /// What a value may be.
  indirect enum Kind: Sendable {
    case text
    /// A path; a relative one counts from the directory of the configuration file.
    case path
    case flag
    case integer(ClosedRange<Int>)
    /// Nanoseconds.
    case duration(ClosedRange<Int64>)
    /// Bytes.
    case size(ClosedRange<Int>)
    case choice([String])
    /// One or more; a single value may stand without brackets.
    case list(Kind)
    case object([ConfigurationKey])
    /// Any key, such as a rule's id, to values of one kind.
    case map(key: String, Kind)
    /// The key `kind`, which is required, and those that go with its value.
    case variants([(name: String, keys: [ConfigurationKey])])
    /// A number, text, truth value, or a list of these.
    case scalar
  }
}
