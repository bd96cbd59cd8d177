import Hummingbird
import StellaModel

extension Request {
  /// The parameters of the URL, as forms write them (`application/x-www-form-urlencoded` of the URL Standard): a `+` is a space, in
  /// names and values, as most clients send it. Hummingbird's own reader leaves it as it is, and names as they came.
  ///
  /// - Throws: ``CommandFailure`` `usage` for what can't be decoded.
  func query() throws(CommandFailure) -> [OperatorRequest.Parameter] {
    var parameters: [OperatorRequest.Parameter] = []
    for part in (uri.query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
      let end = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      guard let name = URLText.decodedForm(part[..<end]),
        let value = URLText.decodedForm(part[end...].dropFirst())
      else {
        // What it says may be a secret, and isn't repeated.
        throw CommandFailure(
          .usage,
          "the query of the URL can't be decoded: behind a % come two hexadecimal digits (%25 is the sign itself), and what comes out "
            + "has to be UTF-8.")
      }
      parameters.append(OperatorRequest.Parameter(name, value))
    }
    return parameters
  }
}
