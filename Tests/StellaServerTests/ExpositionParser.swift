/// A strict parser of the text format of Prometheus, version 0.0.4, as this program writes it: every family with its help and its
/// type before its samples, counters that end in `_total`, no sample twice, no family twice.
struct ExpositionParser {
  struct Sample: Hashable {
    var name: String
    var labels: [String: String]
    var value: String
  }

  struct Refusal: Error {
    let line: String
  }

  static func samples(_ text: String) throws -> [Sample] {
    guard text.hasSuffix("\n") else { throw Refusal(line: "the end") }
    var samples: [Sample] = []
    var seen: Set<Sample> = []
    var families: Set<String> = []
    var family = ""
    var type: String?
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      let refusal = Refusal(line: line)
      if let help = line.wholeMatch(of: #/# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\\\|\\n)*/#) {
        family = String(help.1)
        type = nil
        guard families.insert(family).inserted else { throw refusal }
      } else if let found = line.wholeMatch(of: #/# TYPE (\S+) (counter|gauge)/#) {
        guard found.1 == family, type == nil else { throw refusal }
        type = String(found.2)
        guard (type == "counter") == family.hasSuffix("_total") else { throw refusal }
      } else if let found = line.wholeMatch(
        of: #/([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([+-]?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|Inf)|NaN)/#)
      {
        guard found.1 == family, type != nil else { throw refusal }
        let labels = try labels(found.2.map(String.init) ?? "", refusal)
        guard seen.insert(Sample(name: family, labels: labels, value: "")).inserted else { throw refusal }
        samples.append(Sample(name: family, labels: labels, value: String(found.3)))
      } else {
        throw refusal
      }
    }
    return samples
  }

  private static func labels(_ text: String, _ refusal: Refusal) throws -> [String: String] {
    var labels: [String: String] = [:]
    var rest = text[...]
    while !rest.isEmpty {
      guard let found = rest.prefixMatch(of: #/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\\\|\\"|\\n)*)"(,|$)/#) else {
        throw refusal
      }
      var value = ""
      var isEscaped = false
      for character in found.2 {
        if isEscaped {
          value.append(character == "n" ? "\n" : character)
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else {
          value.append(character)
        }
      }
      guard labels.updateValue(value, forKey: String(found.1)) == nil else { throw refusal }
      rest = rest[found.range.upperBound...]
    }
    return labels
  }
}
