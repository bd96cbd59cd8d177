import StellaDetection
import StellaModel

/// Scores the rows of a table of comma-separated values as they come and writes one result per row, in order.
struct AnomalyTable {
  private let name: String
  private let valueName: String
  private let timeName: String
  private let mode: OutputMode
  private let clock: SourceClock
  private let scorer = AnomalyScorer()
  private var reader = CSVReader()
  private var columns: (value: Int, time: Int)?
  private var output = JSONText()
  private(set) var rows = 0
  /// Rows whose value is empty, NaN or null.
  private(set) var missing = 0

  /// - Parameters:
  ///   - name: how messages call the input.
  ///   - zone: of times that don't say theirs.
  init(name: String, value: String, time: String, zone: ZoneRules, mode: OutputMode) {
    self.name = name
    valueName = value
    timeName = time
    self.mode = mode
    clock = SourceClock(reference: 0, zone: zone)
  }

  /// Takes the next bytes in and gives the results of all rows that are whole.
  ///
  /// - Parameter isLast: no more bytes will come.
  /// - Throws: at the first row that can't be read; results of the rows before it were given to `write`.
  mutating func add(
    _ bytes: UnsafeRawBufferPointer, isLast: Bool, write: (UnsafeBufferPointer<UInt8>) -> Void
  ) throws(CommandFailure) {
    reader.append(bytes)
    defer {
      output.bytes.withUnsafeBufferPointer { write($0) }
      output.removeAll()
    }
    do throws(CSVReader.Failure) {
      while try reader.next(isLast: isLast) {
        if let columns { try row(columns) } else { try header() }
      }
    } catch {
      throw CommandFailure(.usage, "\(name):\(error.line): \(error.message).")
    }
    if isLast, columns == nil {
      throw CommandFailure(.usage, "\(name) is empty. The first line must name the columns, such as timestamp,value.")
    }
  }

  private mutating func header() throws(CSVReader.Failure) {
    let names = (0..<reader.fieldCount).map { reader.string($0) }
    columns = (value: try column(valueName, of: names, "--value"), time: try column(timeName, of: names, "--time"))
    if mode == .table { output.raw("timestamp,value,anomaly_score\n") }
  }

  private func column(_ name: String, of names: [String], _ option: String) throws(CSVReader.Failure) -> Int {
    if let index = names.firstIndex(of: name) { return index }
    throw CSVReader.Failure(
      line: reader.line,
      message: "there is no column \(name); say with \(option) which of these it is: "
        + names.prefix(20).joined(separator: ", "))
  }

  private mutating func row(_ columns: (value: Int, time: Int)) throws(CSVReader.Failure) {
    guard reader.fieldCount > max(columns.value, columns.time) else {
      throw CSVReader.Failure(
        line: reader.line,
        message: "the row has \(reader.fieldCount) fields, too few for the columns \(timeName) and \(valueName); "
          + "complete or remove it")
    }
    guard let value = reader.withField(columns.value, AnomalyTable.number) else {
      throw CSVReader.Failure(
        line: reader.line,
        message: "\(valueName) is \(quoted(columns.value)), which is no number; correct it, or leave it empty for a "
          + "missing point")
    }
    guard let time = reader.withField(columns.time, { clock.read(whole: $0) }) else {
      throw CSVReader.Failure(
        line: reader.line,
        message:
          "\(timeName) is \(quoted(columns.time)), which is no time; write it as 2026-01-31 13:45:00, as RFC 3339 "
          + "or as a count since 1970")
    }
    rows += 1
    if !value.isFinite { missing += 1 }
    let score = scorer.score(value: value, time: time)
    switch mode {
    case .table:
      field(columns.time)
      output.raw(",")
      field(columns.value)
      output.raw(",")
      output.double(score)
    case .json:
      output.raw("{\"timestamp\":\"")
      output.raw(Timestamp.text(time).utf8)
      output.raw("\",\"value\":")
      output.double(value)
      output.raw(",\"anomaly_score\":")
      output.double(score)
      output.raw("}")
    }
    output.raw("\n")
  }

  /// A field as it was read; in quotes again when it needs them.
  private mutating func field(_ index: Int) {
    let text = reader.bytes(index)
    guard text.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 < 32 }) else {
      output.raw(text)
      return
    }
    output.raw("\"")
    for byte in text {
      if byte == UInt8(ascii: "\"") { output.raw("\"") }
      output.raw(CollectionOfOne(byte))
    }
    output.raw("\"")
  }

  /// NaN for a missing value, nil for what is no number.
  private static func number(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    var text = text
    while let first = text.first, first == 32 { text = text.from(1) }
    while let last = text.last, last == 32 { text = text.slice(0, text.count - 1) }
    switch NumberText.parse(text) {
    case .integer(let value): return Double(value)
    case .double(let value): return value
    case nil: break
    }
    let word = text.count <= 4 ? String(decoding: text, as: UTF8.self).lowercased() : "-"
    return ["", "nan", "null", "na", "none"].contains(word) ? .nan : nil
  }

  private func quoted(_ index: Int) -> String {
    let text = reader.string(index)
    return "\"" + TextEscaping.oneLine(String(text.prefix(60))) + (text.count > 60 ? "…" : "") + "\""
  }
}
