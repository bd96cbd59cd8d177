import StellaDetection
import StellaModel

/// The key of an alert or a decision for people: `service=shop src_ip=10.0.0.7`. Escaped; what could pass for something else
/// stands in quotes.
enum KeyText {
  /// - Parameter json: an object, or the beginning of one that was cut, which is shown as it is.
  static func text(_ json: String, limit: Int = 200) -> String {
    guard case .object(let members)? = try? JSONParser().parse(json) else {
      return TextEscaping.oneLine(json, limit: limit)
    }
    let parts = members.map { "\(ScreenText.name($0.name))=\(EventLine.text($0.value))" }
    return TextEscaping.oneLine(parts.joined(separator: " "), limit: limit)
  }
}
