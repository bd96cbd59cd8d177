import Hummingbird
import StellaModel

extension Request {
  /// The parameters of the URL, as forms write them (`application/x-www-form-urlencoded` of the URL Standard): a `+` is a space, in
  /// names and values, as most clients send it. Hummingbird's own reader leaves it as it is, and names as they came.
  ///
  /// - Parameter several: names that may be there more than once. Of any other all but one would be ignored.
  /// - Throws: ``CommandFailure`` `usage` for what can't be decoded, and for a name that is there twice.
  func query(several: Set<String> = []) throws(CommandFailure) -> [OperatorRequest.Parameter] {
    var parameters: [OperatorRequest.Parameter] = []
    for part in queryParts {
      guard let name = URLText.decodedForm(part.name), let value = URLText.decodedForm(part.value) else {
        // What it says may be a secret, and isn't repeated.
        throw CommandFailure(
          .usage,
          "the query of the URL can't be decoded: behind a % come two hexadecimal digits (%25 is the sign itself), and what comes out "
            + "has to be UTF-8.")
      }
      guard several.contains(name) || !parameters.contains(where: { $0.name == name }) else {
        throw CommandFailure(.usage, "the parameter \(name) is there twice, and takes one value. Leave one out.")
      }
      parameters.append(OperatorRequest.Parameter(name, value))
    }
    return parameters
  }

  /// The same, with what can't be decoded as it came.
  var looseQuery: [OperatorRequest.Parameter] {
    queryParts.map { part in
      OperatorRequest.Parameter(
        URLText.decodedForm(part.name) ?? String(decoding: part.name, as: UTF8.self),
        URLText.decodedForm(part.value) ?? String(decoding: part.value, as: UTF8.self))
    }
  }

  private var queryParts: [(name: Substring.UTF8View, value: Substring.UTF8View)] {
    (uri.query ?? "")[...].utf8.split(separator: UInt8(ascii: "&")).map { part in
      let end = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      return (part[..<end], part[end...].dropFirst())
    }
  }
}
