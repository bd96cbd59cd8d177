/// An expression of PromQL, as far as alerts are written in it.
package indirect enum PromQLExpression: Hashable, Sendable {
  case number(Double)
  case text(String)
  case selector(PromQLSelector)
  case call(String, [PromQLExpression])
  /// `labels` is nil without `by` and `without`; `parameter` is that of `quantile`, `topk` and their like.
  case aggregate(
    String, labels: [String]?, isWithout: Bool, parameter: PromQLExpression?, of: PromQLExpression)
  case binary(PromQLOperator, PromQLExpression, PromQLExpression, PromQLMatching)
  case negative(PromQLExpression)
  /// `expression[range:step]`
  case subquery(PromQLExpression)
}

/// Which samples are meant.
package struct PromQLSelector: Hashable, Sendable {
  package struct Matcher: Hashable, Sendable {
    package enum Relation: String, Sendable {
      case equal = "="
      case unequal = "!="
      case matches = "=~"
      case matchesNot = "!~"
    }

    package var label: String
    package var relation: Relation
    package var value: String
  }

  package var name = ""
  package var matchers: [Matcher] = []
  /// Nanoseconds; nil for the newest sample.
  package var range: Int64?
  /// Nanoseconds back in time.
  package var offset: Int64 = 0
  package var hasTime = false

  /// As it is written, for people.
  package var source: String {
    let inner = matchers.map { "\($0.label)\($0.relation.rawValue)\"\($0.value)\"" }.joined(separator: ",")
    return name + (inner.isEmpty ? "" : "{\(inner)}")
  }
}

package enum PromQLOperator: String, Sendable, CaseIterable {
  case or, and, unless
  case equal = "=="
  case unequal = "!="
  case lessOrEqual = "<="
  case greaterOrEqual = ">="
  case less = "<"
  case greater = ">"
  case plus = "+"
  case minus = "-"
  case times = "*"
  case divided = "/"
  case modulo = "%"
  case atan2
  case power = "^"

  /// How tightly it binds, from 1.
  var precedence: Int {
    switch self {
    case .or: 1
    case .and, .unless: 2
    case .equal, .unequal, .lessOrEqual, .greaterOrEqual, .less, .greater: 3
    case .plus, .minus: 4
    case .times, .divided, .modulo, .atan2: 5
    case .power: 6
    }
  }

  var isComparison: Bool { precedence == 3 }
  var isSetOperator: Bool { precedence < 3 }
  /// In Lua.
  var lua: String { self == .unequal ? "~=" : rawValue }
}

/// What stands behind a binary operator.
package struct PromQLMatching: Hashable, Sendable {
  package var isBool = false
  package var on: [String]?
  package var ignoring: [String]?
  /// `group_left` or `group_right`.
  package var group: String?
}
