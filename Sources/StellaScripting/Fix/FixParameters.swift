import StellaLua
import StellaModel

/// The parameters of a fix with their values.
package struct FixParameters: Sendable, Hashable {
  /// By name in the order of their bytes.
  package var values: [FieldValue.Member]

  /// Takes each parameter from the alert's key, else from its labels.
  ///
  /// - Throws: an error with code `fix.parameter` for the first one that has no value or one of another type.
  package init(of manifest: FixManifest, from alert: Alert) throws(FixError) {
    try self.init(of: manifest) { name in
      alert.key.first { $0.name == name }?.value ?? alert.labels.first { $0.name == name }?.value
    } missing: { name in
      let names = (alert.key + alert.labels).map(\.name)
      let hint = NearestName.of(name, in: names).map { "Did you mean \($0)? " } ?? ""
      return hint + "The alert has: \(names.isEmpty ? "no names" : names.joined(separator: ", ")). Let the rule of the "
        + "alert group by it or add it as a label."
    }
  }

  /// Takes values that a person gave. What the fix has no parameter for is refused.
  package init(of manifest: FixManifest, given: [FieldValue.Member]) throws(FixError) {
    let names = manifest.parameters.map(\.name)
    if let other = given.first(where: { !names.contains($0.name) }) {
      let hint = NearestName.of(other.name, in: names).map { "Did you mean \($0)? " } ?? ""
      throw FixError(
        .parameter, "\(manifest.id) has no parameter \(other.name)",
        remedy: hint + (names.isEmpty ? "It has none." : "It has: \(names.joined(separator: ", "))."),
        file: manifest.file, line: manifest.planLine)
    }
    try self.init(of: manifest) { name in
      given.first { $0.name == name }?.value
    } missing: { name in
      "Give \(name) a value."
    }
  }

  private init(
    of manifest: FixManifest, value: (String) -> FieldValue?, missing: (String) -> String
  ) throws(FixError) {
    var values: [FieldValue.Member] = []
    for parameter in manifest.parameters {
      func refusal(_ message: String, _ remedy: String) -> FixError {
        FixError(.parameter, message, remedy: remedy, file: manifest.file, line: manifest.planLine)
      }
      guard let value = value(parameter.name) else {
        throw refusal("the parameter \(parameter.name) has no value", missing(parameter.name))
      }
      guard parameter.type.accepts(value) else {
        throw refusal(
          "the parameter \(parameter.name) is \(value.kindName), and the fix wants its type \(parameter.type.rawValue)",
          "Correct params, or the rule that gives \(parameter.name).")
      }
      values.append(.init(parameter.name, value))
    }
    self.values = values
  }
}

extension FixManifest.ParameterType {
  fileprivate func accepts(_ value: FieldValue) -> Bool {
    switch (self, value) {
    case (.string, .string), (.integer, .integer), (.number, .integer), (.boolean, .bool): true
    case (.number, .double(let number)): number.isFinite
    default: false
    }
  }
}
