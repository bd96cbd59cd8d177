import StellaModel

extension Configuration {
  /// Personal data that is taken out of everything that comes in.
  package struct Privacy: Sendable {
    package struct Pattern: Sendable {
      package var name: String
      package var expression: String
      package var place: ConfigurationPlace
    }

    /// `email`, `token`, `address`, `card`.
    package var kinds: [String] = []
    package var patterns: [Pattern] = []
    package var hashedFields: [String] = []
    package var hashKey: String?

    package init() {}

    /// Whether what comes in stays as it is.
    package var isOff: Bool { kinds.isEmpty && patterns.isEmpty && hashedFields.isEmpty }
  }

  mutating func takePrivacy(_ value: ConfigurationValue, problems: inout [ConfigurationError.Problem]) {
    privacy.kinds = value["mask"]?.elements.compactMap(\.text) ?? []
    for entry in value["patterns"]?.elements ?? [] {
      guard let name = entry["name"]?.text, let expression = entry["regex"]?.text else { continue }
      guard !name.isEmpty, name.utf8.allSatisfy({ ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || "-_".utf8.contains($0) })
      else {
        problems.append(
          .init(
            .wrongValue, at: entry.place,
            "the name of a pattern is made of letters, digits, `-` and `_`: it stands in brackets where something was masked."
          ))
        continue
      }
      privacy.patterns.append(.init(name: name, expression: expression, place: entry.place))
    }
    privacy.hashedFields = value["hash_fields"]?.elements.compactMap(\.text) ?? []
    privacy.hashKey = value["hash_key"]?.text
    guard let fields = value["hash_fields"] else { return }
    guard let key = value["hash_key"] else {
      problems.append(
        .init(
          .missingKey, at: fields.place,
          "`hash_fields` needs `hash_key`, a secret of 16 bytes or more: without one, whoever knows the ids can find out whose "
            + "hash is whose. Take it from the environment: `hash_key: ${STELLA_HASH_KEY}`."))
      return
    }
    if let text = key.text, text.utf8.count < 16 {
      problems.append(
        .init(
          .wrongValue, at: key.place,
          "`hash_key` has \(text.utf8.count) bytes. It needs 16 or more that nobody can guess."))
    }
  }
}

extension ConfigurationSchema {
  static let privacy: [ConfigurationKey] = [
    ConfigurationKey(
      "mask", .list(.choice(["email", "token", "address", "card"])), example: "[email, token, card]",
      "What is masked wherever it stands: e-mail addresses, credentials (bearer, keys, JSON web tokens, values of names such as "
        + "`password`), IP addresses but for loopback, numbers of payment cards."),
    ConfigurationKey("patterns", .list(.object(privacyPattern)), "What else is masked."),
    ConfigurationKey(
      "hash_fields", .list(.text), example: "[user_id, user.id]",
      "Fields whose values become `id_` and 16 digits: the same id gets the same digits, so that rules can still count by it. "
        + "`user.id` is the member `id` of `user`."),
    ConfigurationKey(
      "hash_key", .text, example: "a-long-secret-from-the-environment",
      "The key of that hash (HMAC-SHA256), 16 bytes or more, best as `${STELLA_HASH_KEY}`. Another key gives other digits."
    ),
  ]

  static let privacyPattern: [ConfigurationKey] = [
    ConfigurationKey(
      "name", .text, isRequired: true, example: "customer", "Stands in brackets in its place: `[customer]`."),
    ConfigurationKey(
      "regex", .text, isRequired: true, example: "'CUST-[0-9]{6}'",
      "A regular expression as in rules (RE2). With a group, only what the group found is masked."),
  ]
}
