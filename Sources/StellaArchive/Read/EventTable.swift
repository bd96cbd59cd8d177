import StellaDetection
import StellaModel

/// Events as a table for spreadsheets (RFC 4180): `id,time,level,service,message,fields`, one line each, `fields` as JSON.
package struct EventTable {
  package static let head = "id,time,level,service,message,fields\r\n"
  private static let names = ["id", "time", "level", "service", "message", "fields"]
  private static let fieldsName = Array(",\"fields\":".utf8)

  private let parser = JSONParser()

  package init() {}

  /// - Parameter line: of an ``EventPage``.
  package func row(_ line: [UInt8]) -> [UInt8] {
    var value = line.withUnsafeBufferPointer { try? parser.parse($0) }
    var fields = ""
    if value == nil, let found = line.firstRange(of: Self.fieldsName) {
      // They may be nested as deep as a parser goes, and here they are within another object.
      let head = line[..<found.lowerBound] + [UInt8(ascii: "}")]
      value = head.withUnsafeBufferPointer { try? parser.parse($0) }
      fields = String(decoding: line[found.upperBound...].dropLast(), as: UTF8.self)
    }
    guard case .object(let members)? = value else { return [] }
    let cells = Self.names.map { name -> String in
      switch members.first(where: { $0.name == name })?.value {
      case nil, .null?: name == "fields" ? Self.cell(Self.shown(fields)) : ""
      case .string(let text)?: Self.cell(text)
      case let value?: Self.cell(Self.shown(value.json))
      }
    }
    return Array((cells.joined(separator: ",") + "\r\n").utf8)
  }

  /// The same JSON, with its own escapes for what no cell has as it is.
  private static func shown(_ json: String) -> String {
    guard TextEscaping.oneLine(json) != json else { return json }
    var shown = ""
    for scalar in json.unicodeScalars {
      let text = String(scalar)
      guard TextEscaping.oneLine(text) != text else {
        shown += text
        continue
      }
      for unit in text.utf16 {
        let digits = String(unit, radix: 16)
        shown += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      }
    }
    return shown
  }

  /// On one line, without what a spreadsheet would take for a formula, and in quotes where it must be.
  static func cell(_ text: String) -> String {
    // What a formula may begin with, as programs differ (OWASP, CSV injection); some look behind blanks.
    let start = text.unicodeScalars.first { $0 != " " }
    let isFormula = start.map { "=+-@\t\r\n＝＋－＠".unicodeScalars.contains($0) } ?? false
    let shown = TextEscaping.oneLine(text)
    let cell = isFormula ? "'" + shown : shown
    guard cell.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) || cell.hasPrefix(" ") else {
      return cell
    }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }
}
