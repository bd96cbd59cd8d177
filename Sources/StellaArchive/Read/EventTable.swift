import StellaDetection
import StellaModel

/// Events as a table for spreadsheets (RFC 4180): `id,time,level,service,message,fields`, one line each, `fields` as JSON.
package struct EventTable {
  package static let head = "id,time,level,service,message,fields\r\n"
  private static let names = ["id", "time", "level", "service", "message", "fields"]

  private let parser = JSONParser()

  package init() {}

  /// - Parameter line: of an ``EventPage``.
  package func row(_ line: [UInt8]) -> [UInt8] {
    let value = line.withUnsafeBufferPointer { try? parser.parse($0) }
    guard case .object(let members)? = value else { return [] }
    let cells = Self.names.map { name -> String in
      switch members.first(where: { $0.name == name })?.value {
      case nil, .null?: ""
      case .string(let text)?: Self.cell(text)
      case let value?: Self.cell(value.json)
      }
    }
    return Array((cells.joined(separator: ",") + "\r\n").utf8)
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
