import StellaModel

/// The functions of expressions. All take a field first; the rest are constants.
package enum ExpressionFunction: String, CaseIterable, Sendable {
  case oneOf = "one_of"
  case contains, startswith, endswith
  /// Without regard to the case of the letters A–Z.
  case icontains, istartswith, iendswith, iequals
  case matches, cidr, field

  /// How it is called, for messages and the reference.
  package var usage: String {
    switch self {
    case .oneOf: "one_of(status, 502, 503)"
    case .contains, .startswith, .endswith, .icontains, .istartswith, .iendswith, .iequals:
      "\(rawValue)(message, \"text\")"
    case .matches: "matches(message, [[regular expression]])"
    case .cidr: "cidr(src_ip, \"10.0.0.0/8\")"
    case .field: "field(\"user-agent\")"
    }
  }

  /// Whether it may be written as a method: `message:contains("x")`.
  var isMethod: Bool { self != .field && self != .oneOf && self != .cidr }

  /// What other languages call it.
  static let synonyms: [String: ExpressionFunction] = [
    "in": .oneOf, "is_in": .oneOf, "any_of": .oneOf, "oneof": .oneOf, "has": .contains, "includes": .contains,
    "find": .contains, "strpos": .contains, "substring": .contains, "like": .contains, "ilike": .icontains,
    "starts_with": .startswith, "has_prefix": .startswith, "prefix": .startswith, "ends_with": .endswith,
    "has_suffix": .endswith, "suffix": .endswith, "match": .matches, "regex": .matches, "regexp": .matches,
    "re": .matches, "gmatch": .matches, "ip_in": .cidr, "in_subnet": .cidr, "cidrmatch": .cidr, "ipcidr": .cidr,
    "equals_ignoring_case": .iequals, "lower": .iequals, "upper": .iequals,
  ]
}

extension ExpressionParser {
  /// A call of `name`; the opening parenthesis is the current token.
  mutating func call(_ name: String, _ nameRange: Range<Int>) throws(ExpressionError) -> Operand {
    guard let function = ExpressionFunction(rawValue: name) else { throw unknown(name, nameRange, isMethod: false) }
    let (operands, end) = try arguments(of: name)
    let range = nameRange.lowerBound..<end
    if function == .field { return try field(operands, range) }
    guard let first = operands.first else {
      throw error(.type, "\(name) needs a field", "write \(function.usage)", range)
    }
    return try test(function, first, Array(operands.dropFirst()), range)
  }

  /// `operand:name(…)`; the opening parenthesis is the current token.
  mutating func method(_ name: String, _ nameRange: Range<Int>, of operand: Operand) throws(ExpressionError) -> Operand
  {
    guard let function = ExpressionFunction(rawValue: name), function.isMethod else {
      throw unknown(name, nameRange, isMethod: true)
    }
    let (operands, end) = try arguments(of: name)
    return try test(function, operand, operands, operand.range.lowerBound..<end)
  }

  private func unknown(_ name: String, _ range: Range<Int>, isMethod: Bool) -> ExpressionError {
    let candidates = ExpressionFunction.allCases.filter { $0.isMethod || !isMethod }
    let hint =
      ExpressionFunction.synonyms[name.lowercased()]
      ?? NearestName.of(name, in: candidates.map(\.rawValue)).flatMap(ExpressionFunction.init(rawValue:))
    let known = "known are \(candidates.map(\.rawValue).joined(separator: ", "))"
    return error(
      .unknown, "there is no \(isMethod ? "method" : "function") '\(name)'",
      (hint.map { "write \($0.usage); " } ?? "") + known, range)
  }

  private func field(_ operands: [Operand], _ range: Range<Int>) throws(ExpressionError) -> Operand {
    guard operands.count == 1, case .literal(.text(let bytes), _) = operands[0], !bytes.isEmpty,
      let name = String(validating: bytes, as: UTF8.self)
    else { throw error(.type, "field needs one name as text", "write \(ExpressionFunction.field.usage)", range) }
    return .field(name, range, isWord: false)
  }

  private mutating func test(
    _ function: ExpressionFunction, _ subject: Operand, _ arguments: [Operand], _ range: Range<Int>
  ) throws(ExpressionError) -> Operand {
    guard case .field(let name, _, _) = subject else {
      throw error(
        .type, "\(function.rawValue) needs a field, not \(written(subject.range))", "write \(function.usage)",
        subject.range)
    }
    if arguments.isEmpty {
      throw error(.type, "\(function.rawValue) needs something to compare with", "write \(function.usage)", range)
    }
    if name == FieldName.level, function != .oneOf {
      throw error(
        .type, "level is compared by its names", "write level >= error or one_of(level, warning, error)",
        subject.range)
    }
    let question: FieldTest.Question
    switch function {
    case .oneOf: question = try oneOf(name, arguments)
    case .cidr:
      var blocks: [AddressBlock] = []
      for argument in arguments { blocks.append(try block(argument)) }
      question = .cidr(blocks)
    case .matches:
      let pattern = try onlyText(function, arguments, range)
      question = .matches(try pattern.regularExpression(in: self))
    case .contains, .startswith, .endswith: question = try text(function, arguments, range, ignoringCase: false)
    case .icontains, .istartswith, .iendswith, .iequals:
      question = try text(function, arguments, range, ignoringCase: true)
    case .field: preconditionFailure("field is no test")
    }
    return .condition(ConditionSyntax(.test(FieldTest(name, question)), range))
  }

  private func oneOf(_ name: String, _ arguments: [Operand]) throws(ExpressionError) -> FieldTest.Question {
    var literals: [Literal] = []
    var mask: UInt8 = 0
    for argument in arguments {
      switch argument {
      case .literal(.text(let bytes), let range) where name == FieldName.level:
        mask |= 1 << (try level(String(decoding: bytes, as: UTF8.self), isName: true, range)).rawValue
      case .field(let word, let range, let isWord) where name == FieldName.level:
        mask |= 1 << (try level(word, isName: isWord, range)).rawValue
      case .literal(let literal, let range):
        if name == FieldName.level {
          throw error(
            .type, "level is compared with \(literal.kindName)", "write one of \(ExpressionParser.levelNames)", range)
        }
        try checkNumeric(name, literal, range)
        literals.append(literal)
      case .absent(let range):
        throw error(.type, "nil is no value", "write \(name) == nil or one_of(\(name), …)", range)
      case .field(let word, let range, _):
        throw error(
          .type, "one_of compares with constants; \(word) without quotes is a field",
          "write \"\(word)\", or \(name) == \(word) for the field", range)
      case .condition(let condition):
        throw error(.type, "one_of compares with constants", "write \(ExpressionFunction.oneOf.usage)", condition.range)
      }
    }
    return name == FieldName.level ? .level(mask) : .oneOf(literals)
  }

  private func block(_ argument: Operand) throws(ExpressionError) -> AddressBlock {
    guard case .literal(.text(let bytes), let range) = argument else {
      throw error(
        .type, "cidr needs networks as text, not \(written(argument.range))", "write \(ExpressionFunction.cidr.usage)",
        argument.range)
    }
    do {
      return try AddressBlock(bytes)
    } catch {
      let (message, remedy) =
        switch error {
        case .notAnAddress: ("\(written(range)) is no network", "write \"10.0.0.0/8\" or \"2001:db8::/32\"")
        case .prefixOutOfRange(let limit): ("\(written(range)) has too long a prefix", "write at most /\(limit)")
        case .bitsAfterPrefix(let network): ("\(written(range)) has bits after its prefix", "write \"\(network)\"")
        }
      throw self.error(.pattern, message, remedy, range)
    }
  }

  private func text(
    _ function: ExpressionFunction, _ arguments: [Operand], _ range: Range<Int>, ignoringCase: Bool
  ) throws(ExpressionError) -> FieldTest.Question {
    let (needle, needleRange) = try onlyText(function, arguments, range).parts
    if needle.isEmpty, function != .iequals {
      throw error(.type, "empty text is in every text", "write ~= nil to test that the field is there", needleRange)
    }
    let test: FieldTest.TextTest =
      switch function {
      case .startswith, .istartswith: .startswith
      case .endswith, .iendswith: .endswith
      case .iequals: .equals
      default: .contains
      }
    return .text(test, ignoringCase ? needle.map(ExpressionParser.lowered) : needle, ignoringCase: ignoringCase)
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  private func onlyText(
    _ function: ExpressionFunction, _ arguments: [Operand], _ range: Range<Int>
  ) throws(ExpressionError) -> TextArgument {
    guard case .literal(.text(let bytes), let textRange) = arguments[0] else {
      var remedy = "write \(function.usage)"
      if case .field(let name, _, _) = arguments[0] { remedy = "put quotes around it if text is meant: \"\(name)\"" }
      throw error(
        .type, "\(function.rawValue) compares with text, not \(written(arguments[0].range))", remedy, arguments[0].range
      )
    }
    if arguments.count > 1 {
      throw error(
        .type, "\(function.rawValue) takes one text", "join several calls with or",
        arguments[1].range.lowerBound..<range.upperBound)
    }
    return TextArgument(parts: (bytes, textRange))
  }

  private struct TextArgument {
    let parts: (bytes: [UInt8], range: Range<Int>)

    func regularExpression(in parser: ExpressionParser) throws(ExpressionError) -> [UInt8] {
      do {
        _ = try RegularExpression(parts.bytes)
      } catch {
        throw parser.error(
          .pattern, "bad regular expression: \(error.reason)",
          "the syntax is RE2's; inside [[…]] a backslash stands for itself", parts.range)
      }
      return parts.bytes
    }
  }
}
