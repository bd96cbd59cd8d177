import StellaDetection
import StellaModel

/// What one item of a detection compares its field with, once its modifiers are applied.
///
/// The alternatives of one written value stand together: with `all` each written value must hold by one of them.
struct ItemValues {
  enum Value {
    case pattern(SigmaPattern)
    /// A number or boolean, which matches itself and its text.
    case literal(Literal, texts: [String])
    case null
    case exists(Bool)
    case regularExpression(String)
    case networks([AddressBlock])
    case compared(Comparison, Literal)
    case field(String)
  }

  private(set) var groups: [[Value]] = []
  private(set) var isCased = false
  private(set) var needsAll = false
  private(set) var isNegated = false

  private let item: SigmaItem
  private let placeholders: [String: [String]]
  /// Ways to write the dashes of a value beyond which they become a class of a regular expression.
  private static let dashLimit = 25
  private static let placeholderLimit = 10_000

  /// - Parameter placeholders: the values of each placeholder.
  init(_ item: SigmaItem, placeholders: [String: [String]]) throws(SigmaRefusal) {
    self.item = item
    self.placeholders = placeholders
    let modifiers = item.modifiers
    for modifier in modifiers {
      switch modifier {
      case .minute, .hour, .day, .week, .month, .year:
        throw refusal(
          .modifier, "\(modifier.rawValue) takes a part out of a time, and conditions compare whole values",
          "Write a rule with a function: on = function(e) … end.")
      default: continue
      }
    }
    needsAll = modifiers.contains(.all)
    isNegated = modifiers.contains(.neq)
    isCased = modifiers.contains(.cased)
    let kinds = modifiers.filter { ItemValues.deciding.contains($0) }
    if kinds.count > 1 {
      throw refusal(
        .modifier, "\(kinds.map(\.rawValue).joined(separator: " and ")) don't go together", "Keep one of them.")
    }
    for value in item.values { groups.append(try converted(value, kind: kinds.first)) }
  }

  /// Modifiers that say what the values are.
  private static let deciding: Set<SigmaModifier> = [.re, .cidr, .lt, .lte, .gt, .gte, .fieldref, .exists]

  private func refusal(_ reason: SigmaReason, _ message: String, _ remedy: String) -> SigmaRefusal {
    SigmaRefusal(reason, "\(item.field ?? "keywords"): \(message)", remedy, line: item.line)
  }

  private func converted(_ value: SigmaValue, kind: SigmaModifier?) throws(SigmaRefusal) -> [Value] {
    switch kind {
    case .re: return try regularExpressions(value)
    case .cidr: return try networks(value)
    case .lt: return try compared(value, .less)
    case .lte: return try compared(value, .lessOrEqual)
    case .gt: return try compared(value, .greater)
    case .gte: return try compared(value, .greaterOrEqual)
    case .fieldref:
      try refuseOthers(than: [.fieldref, .all, .neq], "An expression compares whole fields only.")
      guard let name = value.text, !name.isEmpty else {
        throw refusal(.value, "fieldref names \(value.kind)", "Give the name of a field.")
      }
      return [.field(name)]
    case .exists:
      try refuseOthers(than: [.exists], "Drop the other modifiers.")
      let words = ["true": true, "yes": true, "false": false, "no": false]
      guard let flag = value.text.flatMap({ words[$0.lowercased()] }) else {
        throw refusal(.value, "exists is \(value.text ?? value.kind)", "Write exists: true or exists: false.")
      }
      return [.exists(flag)]
    default: return try texts(value)
    }
  }

  private func refuseOthers(than known: Set<SigmaModifier>, _ remedy: String) throws(SigmaRefusal) {
    if let other = item.modifiers.first(where: { !known.contains($0) }) {
      throw refusal(.modifier, "\(other.rawValue) beside \(known.map(\.rawValue).sorted()[0])", remedy)
    }
  }

  // MARK: - Texts

  private func texts(_ value: SigmaValue) throws(SigmaRefusal) -> [Value] {
    let transforms = item.modifiers.filter { ![.all, .neq, .cased].contains($0) }
    if case .null = value.content {
      guard transforms.isEmpty else {
        throw refusal(.value, "\(transforms[0].rawValue) of nothing", "Give a text, or drop the modifier.")
      }
      return [.null]
    }
    if transforms.isEmpty {
      switch value.content {
      case .bool(let flag): return [.literal(.bool(flag), texts: [flag ? "true" : "false"])]
      case .integer(let number):
        var texts = ["\(number)"]
        if value.written != texts[0] { texts.append(value.written) }
        return [.literal(.integer(number), texts: texts)]
      case .double(let number): return [.literal(.number(number), texts: [value.written])]
      default: break
      }
    }
    var patterns = [SigmaPattern(value.text ?? "")]
    for modifier in transforms {
      var results: [SigmaPattern] = []
      for pattern in patterns { results += try transformed(pattern, modifier) }
      patterns = results
    }
    return patterns.map { .pattern($0) }
  }

  private func transformed(
    _ pattern: SigmaPattern, _ modifier: SigmaModifier
  ) throws(SigmaRefusal) -> [SigmaPattern] {
    switch modifier {
    case .contains: return [pattern.containing()]
    case .startswith: return [pattern.starting()]
    case .endswith: return [pattern.ending()]
    case .windash:
      let dashed = pattern.withDashes()
      return dashed.spelledOut(limit: ItemValues.dashLimit) ?? [dashed]
    case .expand: return try expanded(pattern.withPlaceholders())
    case .base64: return [SigmaPattern(literal: Base64Text.encode(try literal(pattern, modifier)))]
    case .base64offset:
      let variants = Base64Text.encodeAtEveryOffset(try literal(pattern, modifier))
      guard variants.allSatisfy({ !$0.isEmpty }) else {
        throw refusal(
          .value, "the text is so short that its Base64 leaves nothing to look for", "Look for a longer text.")
      }
      return variants.map { SigmaPattern(literal: $0) }
    case .wide, .utf16le: return [SigmaPattern(literal: utf16(try literal(pattern, modifier), isBig: false))]
    case .utf16be: return [SigmaPattern(literal: utf16(try literal(pattern, modifier), isBig: true))]
    case .utf16: return [SigmaPattern(literal: [0xFF, 0xFE] + utf16(try literal(pattern, modifier), isBig: false))]
    default:
      throw refusal(.modifier, "\(modifier.rawValue) has nothing to act on", "Put it behind re, or drop it.")
    }
  }

  private func literal(_ pattern: SigmaPattern, _ modifier: SigmaModifier) throws(SigmaRefusal) -> [UInt8] {
    guard let bytes = pattern.literal else {
      throw refusal(
        .value, "\(modifier.rawValue) of a text with wildcards", "Escape them with a backslash, or drop them.")
    }
    return bytes
  }

  private func utf16(_ bytes: [UInt8], isBig: Bool) -> [UInt8] {
    String(decoding: bytes, as: UTF8.self).utf16.flatMap { unit in
      let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
      return isBig ? [high, low] : [low, high]
    }
  }

  private func expanded(_ pattern: SigmaPattern) throws(SigmaRefusal) -> [SigmaPattern] {
    var result = [pattern]
    while let name = result.lazy.compactMap(\.placeholder).first {
      guard let values = placeholders[name], !values.isEmpty else {
        throw refusal(
          .placeholder, "the placeholder %\(name)% has no values",
          "Give them in a file: --placeholders FILE with \(name): [value, …].")
      }
      result = result.flatMap { pattern in values.map { pattern.replacing(name, by: SigmaPattern($0)) } }
      if result.count > ItemValues.placeholderLimit {
        throw refusal(.size, "its placeholders give more than \(ItemValues.placeholderLimit) values", "Give fewer.")
      }
    }
    return result
  }

  // MARK: - Other values

  private func regularExpressions(_ value: SigmaValue) throws(SigmaRefusal) -> [Value] {
    let known: Set<SigmaModifier> = [
      .re, .all, .neq, .cased, .ignoreCase, .multiline, .dotAll, .contains, .startswith, .endswith, .expand,
    ]
    try refuseOthers(than: known, "Drop it, or write the pattern so that it needs no \(item.modifiers[0].rawValue).")
    guard var pattern = value.text, !pattern.isEmpty else {
      throw refusal(.value, "re is \(value.kind)", "Give a regular expression.")
    }
    if item.modifiers.contains(.expand),
      SigmaPattern(literal: Array(pattern.utf8)).withPlaceholders().placeholder != nil
    {
      throw refusal(
        .placeholder, "a placeholder stands in a regular expression", "Write out its values with | between them.")
    }
    let backtracking: [(mark: String, name: String)] = [
      ("(?=", "looks ahead"), ("(?!", "looks ahead"), ("(?<=", "looks behind"), ("(?<!", "looks behind"),
      ("(?>", "has an atomic group"), ("*+", "has a possessive quantifier"), ("++", "has a possessive quantifier"),
    ]
    if item.modifiers.contains(.startswith) { pattern = "^(?:\(pattern))" }
    if item.modifiers.contains(.endswith) { pattern = "(?:\(pattern))$" }
    let flags: [(SigmaModifier, String)] = [(.ignoreCase, "i"), (.multiline, "m"), (.dotAll, "s")]
    let set = flags.filter { item.modifiers.contains($0.0) }.map(\.1).joined()
    if !set.isEmpty { pattern = "(?\(set))" + pattern }
    do throws(RegularExpression.Failure) {
      _ = try RegularExpression(Array(pattern.utf8))
    } catch {
      let found = backtracking.first { pattern.contains($0.mark) }?.name
      throw refusal(
        .regularExpression, "the pattern \(pattern) \(found ?? "is refused"): \(error.reason)",
        "Only what can be matched in linear time is run (RE2). Write it without, or as several patterns.")
    }
    return [.regularExpression(pattern)]
  }

  private func networks(_ value: SigmaValue) throws(SigmaRefusal) -> [Value] {
    try refuseOthers(than: [.cidr, .all, .neq, .expand], "Drop it.")
    guard let text = value.text else { throw refusal(.value, "cidr is \(value.kind)", "Give a network.") }
    let texts: [String] =
      item.modifiers.contains(.expand)
      ? try expanded(SigmaPattern(literal: Array(text.utf8)).withPlaceholders()).map {
        String(decoding: $0.literal ?? [], as: UTF8.self)
      } : [text]
    var blocks: [AddressBlock] = []
    for text in texts {
      do throws(AddressBlock.Failure) {
        blocks.append(try AddressBlock(Array(text.utf8)))
      } catch {
        switch error {
        case .notAnAddress: throw refusal(.value, "\(text) is no network", "Write 10.0.0.0/8 or 2001:db8::/32.")
        case .prefixOutOfRange(let limit):
          throw refusal(.value, "\(text) has too long a prefix", "Write at most /\(limit).")
        case .bitsAfterPrefix(let network):
          throw refusal(.value, "\(text) has bits after its prefix", "Write \(network).")
        }
      }
    }
    return [.networks(blocks)]
  }

  private func compared(_ value: SigmaValue, _ comparison: Comparison) throws(SigmaRefusal) -> [Value] {
    try refuseOthers(than: [.lt, .lte, .gt, .gte, .all, .neq], "Drop it.")
    switch value.content {
    case .integer(let number): return [.compared(comparison, .integer(number))]
    case .double(let number): return [.compared(comparison, .number(number))]
    case .text(let text):
      if let number = Int64(text) { return [.compared(comparison, .integer(number))] }
      if let number = Double(text), number.isFinite { return [.compared(comparison, .number(number))] }
    default: break
    }
    throw refusal(.value, "\(value.text ?? value.kind) has no order", "Compare with a number.")
  }
}
