/// What a person groups refusals by.
package protocol ImportReason: RawRepresentable<String>, CaseIterable, Sendable, Hashable {
  /// In words.
  var meaning: String { get }
}

/// Why something of another system was not converted: what was found, where, and what can be done.
package struct ImportRefusal<Reason: ImportReason>: Error, Sendable, Hashable, CustomStringConvertible {
  package var reason: Reason
  package var message: String
  package var remedy: String
  package var file: String
  package var line: Int
  /// The whole expression, on one line; empty when it isn't about one.
  package var expression: String

  package init(
    _ reason: Reason, _ message: String, _ remedy: String, expression: String = "", file: String = "", line: Int = 0
  ) {
    self.reason = reason
    self.message = message
    self.remedy = remedy
    self.expression = expression
    self.file = file
    self.line = line
  }

  package var description: String {
    "\(file):\(line): \(message). \(remedy)" + (expression.isEmpty ? "" : "\n    \(expression)")
  }
}

package typealias SigmaRefusal = ImportRefusal<SigmaReason>
package typealias PrometheusRefusal = ImportRefusal<PrometheusReason>
