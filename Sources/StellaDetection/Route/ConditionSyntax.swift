/// A condition as it was written, in the order of the text.
package struct ConditionSyntax: Hashable, Sendable {
  package indirect enum Form: Hashable, Sendable {
    case constant(Bool)
    case test(FieldTest)
    case not(ConditionSyntax)
    case all([ConditionSyntax])
    case any([ConditionSyntax])
  }

  package let form: Form
  /// UTF-8 bytes of the expression.
  package let range: Range<Int>

  package init(_ form: Form, _ range: Range<Int>) {
    self.form = form
    self.range = range
  }

  /// The tests, in the order of the text.
  package var tests: [FieldTest] {
    switch form {
    case .constant: []
    case .test(let test): [test]
    case .not(let inner): inner.tests
    case .all(let parts), .any(let parts): parts.flatMap(\.tests)
    }
  }
}
