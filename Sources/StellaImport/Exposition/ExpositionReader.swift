import StellaModel

/// Reads the text format of Prometheus (0.0.4) and OpenMetrics (1.0.0), strictly: what isn't as the format says is refused with
/// its line, because half of an answer is worse than none.
///
/// Timestamps and exemplars are checked and left out.
package struct ExpositionReader {
  private let bytes: [UInt8]
  private let format: ExpositionFormat
  private let limits: ScrapeSettings.Limits
  private var place = 0
  private var line = 1
  /// What HELP, TYPE and UNIT have said, by their word and the metric.
  private var described: Set<String> = []
  /// Metrics that have had samples.
  private var sampled: Set<String> = []
  private var hasEnded = false

  /// O(bytes).
  ///
  /// - Parameters:
  ///   - wants: whether samples of a metric are.
  ///   - take: gets what is wanted, in the order in which it stands there.
  /// - Throws: ``ExpositionRefusal``.
  package static func read(
    _ bytes: [UInt8], format: ExpositionFormat, limits: ScrapeSettings.Limits = .init(),
    wants: (String) -> Bool = { _ in true }, _ take: (ExpositionSample) -> Void
  ) throws(ExpositionRefusal) {
    var reader = ExpositionReader(bytes: bytes, format: format, limits: limits)
    try reader.readAll(wants: wants, take)
  }

  private init(bytes: [UInt8], format: ExpositionFormat, limits: ScrapeSettings.Limits) {
    self.bytes = bytes
    self.format = format
    self.limits = limits
  }

  private mutating func readAll(
    wants: (String) -> Bool, _ take: (ExpositionSample) -> Void
  ) throws(ExpositionRefusal) {
    guard bytes.count <= limits.bytes else { throw limit("it has over \(SizeText.text(limits.bytes))") }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw refusal("it is no UTF-8") }
    var count = 0
    while place < bytes.count {
      if hasEnded { throw refusal("something stands behind # EOF") }
      if let sample = try readNextLine(), wants(sample.name) {
        count += 1
        if count > limits.samples { throw limit("it has over \(limits.samples) samples") }
        take(sample)
      }
      try endLine()
    }
    if format == .openMetrics, !hasEnded { throw refusal("# EOF is missing: the text was cut off") }
  }

  // MARK: - Lines

  /// Nil for a line that has no sample.
  private mutating func readNextLine() throws(ExpositionRefusal) -> ExpositionSample? {
    if format == .text { skipBlanks() }
    guard let first = peek, first != 0x0a else {
      if format == .openMetrics { throw refusal("a line is empty") }
      return nil
    }
    if first == UInt8(ascii: "#") {
      try readComment()
      return nil
    }
    return try readSample()
  }

  private mutating func endLine() throws(ExpositionRefusal) {
    if format == .text { skipBlanks() }
    guard let byte = peek else {
      // Only # EOF may be without one, and only in OpenMetrics.
      if format == .openMetrics, hasEnded { return }
      throw refusal("the last line has no end: the text was cut off")
    }
    guard byte == 0x0a else { throw refusal("there is more on the line: \(rest)") }
    place += 1
    line += 1
  }

  private mutating func readComment() throws(ExpositionRefusal) {
    place += 1
    let start = place
    if takeBlank() {
      let word = readWord()
      switch word {
      case "EOF" where format == .openMetrics:
        hasEnded = true
        return
      case "HELP", "TYPE":
        return try readDescription(word)
      case "UNIT" where format == .openMetrics:
        return try readDescription(word)
      default: break
      }
    }
    if format == .openMetrics { throw refusal("only # HELP, # TYPE, # UNIT and # EOF may begin so") }
    place = start
    while let byte = peek, byte != 0x0a { place += 1 }
  }

  private mutating func readDescription(_ word: String) throws(ExpositionRefusal) {
    guard takeBlank() else { throw refusal("# \(word) names no metric") }
    let name = try readName(allowsColon: true)
    guard described.insert(word + " " + name).inserted else { throw refusal("# \(word) \(name) stands there twice") }
    let start = place
    while let byte = peek, byte != 0x0a { place += 1 }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    guard word == "TYPE" else { return }
    if sampled.contains(name) { throw refusal("# TYPE \(name) stands behind its samples") }
    let kind = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    let kinds =
      format == .openMetrics
      ? ["counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary", "unknown"]
      : ["counter", "gauge", "histogram", "summary", "untyped"]
    guard kinds.contains(kind) else {
      throw refusal("# TYPE \(name): there is no type \(TextEscaping.oneLine(kind, limit: 40))")
    }
  }

  // MARK: - Samples

  private mutating func readSample() throws(ExpositionRefusal) -> ExpositionSample {
    let name = try readName(allowsColon: true)
    sampled.insert(name)
    let end = place
    if format == .text { skipBlanks() }
    let hasLabels = peek == UInt8(ascii: "{")
    // Without labels, these blanks are what separates the value.
    if !hasLabels { place = end }
    let labels = hasLabels ? try readLabels() : []
    guard takeBlank() || format == .text && !labels.isEmpty else { throw refusal("\(name) has no value") }
    let value = try readNumber("a value")
    if takeBlank(), let byte = peek, byte != 0x0a, byte != UInt8(ascii: "#") {
      let time = try readNumber("a timestamp")
      guard time.isFinite, format == .openMetrics || time == time.rounded() else {
        throw refusal("the timestamp of \(name) is none")
      }
      _ = takeBlank()
    }
    if format == .openMetrics, peek == UInt8(ascii: "#") { try readExemplar() }
    return ExpositionSample(name: name, labels: labels, value: value)
  }

  private mutating func readExemplar() throws(ExpositionRefusal) {
    place += 1
    guard takeBlank(), peek == UInt8(ascii: "{") else { throw refusal("an exemplar has no labels") }
    _ = try readLabels()
    guard takeBlank() else { throw refusal("an exemplar has no value") }
    _ = try readNumber("an exemplar")
    if takeBlank() { _ = try readNumber("a timestamp") }
  }

  private mutating func readLabels() throws(ExpositionRefusal) -> [ExpositionSample.Label] {
    place += 1
    var labels: [ExpositionSample.Label] = []
    while true {
      if format == .text { skipBlanks() }
      if peek == UInt8(ascii: "}"), labels.isEmpty || bytes[place - 1] != UInt8(ascii: ",") || format == .text { break }
      let name = try readName(allowsColon: false)
      if format == .text { skipBlanks() }
      guard peek == UInt8(ascii: "=") else { throw refusal("the label \(name) has no value") }
      place += 1
      if format == .text { skipBlanks() }
      let value = try readText(name)
      guard !labels.contains(where: { $0.name == name }) else { throw refusal("the label \(name) stands there twice") }
      labels.append(.init(name, value))
      if labels.count > limits.labels { throw limit("a sample has over \(limits.labels) labels") }
      if format == .text { skipBlanks() }
      if peek == UInt8(ascii: ",") {
        place += 1
      } else if peek != UInt8(ascii: "}") {
        throw refusal("labels don't end: \(rest)")
      }
    }
    place += 1
    return labels
  }

  private mutating func readText(_ label: String) throws(ExpositionRefusal) -> String {
    guard peek == UInt8(ascii: "\"") else { throw refusal("the value of the label \(label) isn't in quotes") }
    place += 1
    var text: [UInt8] = []
    while let byte = peek, byte != UInt8(ascii: "\"") {
      if byte == 0x0a { throw refusal("the value of the label \(label) doesn't end") }
      place += 1
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      switch peek {
      case UInt8(ascii: "n"): text.append(0x0a)
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): text.append(bytes[place])
      default: throw refusal(#"the value of the label \#(label) has an escape other than \\, \" and \n"#)
      }
      place += 1
    }
    guard peek != nil else { throw refusal("the value of the label \(label) doesn't end") }
    place += 1
    if text.count > limits.labelBytes {
      throw limit("the value of the label \(label) has over \(limits.labelBytes) bytes")
    }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func readName(allowsColon: Bool) throws(ExpositionRefusal) -> String {
    let start = place
    while let byte = peek {
      let isLetter = (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
      guard isLetter || byte == 58 && allowsColon || (48...57).contains(byte) && place > start else { break }
      place += 1
    }
    guard place > start else { throw refusal("a name is expected: \(rest)") }
    if place - start > limits.labelBytes { throw limit("a name has over \(limits.labelBytes) bytes") }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private mutating func readNumber(_ what: String) throws(ExpositionRefusal) -> Double {
    let text = readWord()
    if let number = Self.number(text) { return number }
    throw refusal("\(what) is no number: \(TextEscaping.oneLine(text, limit: 40))")
  }

  static func number(_ text: String) -> Double? {
    switch text.lowercased() {
    case "nan", "+nan", "-nan": return .nan
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    default:
      let isPlain = text.utf8.allSatisfy { (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }
      return isPlain && !text.isEmpty ? Double(text) : nil
    }
  }

  // MARK: - Bytes

  private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

  /// Whether there was what separates words: one space, or in the text format any blanks.
  private mutating func takeBlank() -> Bool {
    guard let byte = peek, byte == 0x20 || byte == 0x09 && format == .text else { return false }
    place += 1
    if format == .text { skipBlanks() }
    return true
  }

  private mutating func skipBlanks() { while let byte = peek, byte == 0x20 || byte == 0x09 { place += 1 } }

  private mutating func readWord() -> String {
    let start = place
    while let byte = peek, byte > 0x20 { place += 1 }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// The beginning of what is left of the line, for messages.
  private var rest: String {
    let left = bytes[min(place, bytes.count)...].prefix(40).prefix { $0 != 0x0a }
    return TextEscaping.oneLine(String(decoding: left, as: UTF8.self).debugDescription, limit: 60)
  }

  private func refusal(_ reason: String) -> ExpositionRefusal {
    ExpositionRefusal(line: line, reason: reason, isLimit: false)
  }

  private func limit(_ reason: String) -> ExpositionRefusal {
    ExpositionRefusal(line: line, reason: reason, isLimit: true)
  }
}
