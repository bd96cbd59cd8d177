import HTTPTypes
import StellaModel

/// Header fields of our own: what a command needs of an answer beside its body, and a body's layout.
package enum AnswerField {
  /// The exit status of the command, a number.
  package static let status = "stella-status"
  /// The run's id and state.
  package static let run = "stella-run"
  package static let state = "stella-state"
  /// What the next page goes on with; there as long as there is more.
  package static let next = "stella-next"
  /// Lines for standard error, with `%` escapes as in URLs (RFC 3986); hints are those that `--quiet` leaves out.
  package static let note = "stella-note"
  package static let hint = "stella-hint"
  /// Of a request that accepts `text/plain`: the columns of the terminal, and whether it has colours.
  package static let columns = "stella-columns"
  package static let color = "stella-color"

  /// Columns that a screen is laid out for at most.
  static let widest = 10_000

  static func name(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a token") }
    return name
  }

  /// The layout that a request asks for; JSON when it says nothing.
  static func layout(_ headers: HTTPFields) -> AnswerLayout {
    guard let accept = headers[.accept], wantsText(accept) else { return .json }
    let columns = headers[name(columns)].flatMap { Int($0) }.flatMap { (1...widest).contains($0) ? $0 : nil }
    return .text(columns: columns, hasColor: headers[name(color)] == "true")
  }

  /// Whether text is wanted more than JSON (RFC 9110, section 12.5.1): many programs name both alike, and mean JSON.
  private static func wantsText(_ accept: String) -> Bool {
    var (text, json) = (0.0, 0.0)
    for range in accept.split(separator: ",") {
      let parts = range.filter { $0 != " " && $0 != "\t" }.lowercased().split(separator: ";")
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      switch parts.first {
      case "text/plain"?: text = max(text, weight)
      case "application/json"?, "application/x-ndjson"?: json = max(json, weight)
      default: break
      }
    }
    return text > json
  }

  /// The header fields that ask for a layout.
  package static func headers(_ layout: AnswerLayout) -> [(name: String, value: String)] {
    guard case .text(let width, let hasColor) = layout else { return [("accept", "application/json")] }
    return [("accept", "text/plain")] + (width.map { [(columns, String($0))] } ?? [])
      + (hasColor ? [(color, "true")] : [])
  }
}
