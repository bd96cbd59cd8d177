import StellaDetection
import StellaModel

/// What a series says, as a table: a row for each step.
struct SeriesTable {
  private var names: [String] = []
  private var rows: [[String: String]] = []

  /// - Parameter lines: JSON objects, whose members may be objects of numbers.
  init(_ lines: [String]) {
    let parser = JSONParser()
    for line in lines {
      guard case .object(let members)? = try? parser.parse(line) else { continue }
      var row: [String: String] = [:]
      for member in members {
        guard case .object(let counts) = member.value else {
          add(member.name, member.value, to: &row)
          continue
        }
        for count in counts { add(count.name, count.value, to: &row) }
      }
      rows.append(row)
    }
  }

  private mutating func add(_ name: String, _ value: FieldValue, to row: inout [String: String]) {
    if !names.contains(name) { names.append(name) }
    switch value {
    case .string(let text):
      row[name] = name == "time" ? Timestamp.parse(text).map { Timestamp.clock($0) } ?? text : text
    case .null: row[name] = "-"
    default: row[name] = value.json
    }
  }

  func text(_ terminal: Terminal) -> String {
    var table = TextTable(
      names.map { name in
        TextTable.Column(name.uppercased(), ["time", "service"].contains(name) ? .left : .right)
      })
    for row in rows { table.add(names.map { row[$0] ?? "0" }) }
    return table.text(for: terminal)
  }
}
