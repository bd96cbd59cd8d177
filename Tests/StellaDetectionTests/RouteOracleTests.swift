import CStellaValue
import StellaLua
import Testing

@testable import StellaDetection

/// The meaning of `where` in real Lua. Only what DESIGN says differs from plain Lua is a function of the prelude: a
/// missing field, unequal types, the order of levels. Literals, precedence, `and`, `or`, `not` and every comparison of
/// two values are Lua's own.
private let prelude = """
  local rank = { trace = 1, debug = 2, info = 3, notice = 4, warning = 5, error = 6, critical = 7 }
  local lower, find, sub = string.lower, string.find, string.sub
  local function kind(v) if v == null then return "null" end return type(v) end
  local function alike(a, b) local k = kind(a) return k == kind(b) and k ~= "nil" and k ~= "table" end
  local function ordered(a, b) local k = kind(a) return k == kind(b) and (k == "number" or k == "string") end
  local function eq(a, b) return alike(a, b) and a == b end
  local function ne(a, b) return alike(a, b) and a ~= b end
  local function lt(a, b) return ordered(a, b) and a < b end
  local function le(a, b) return ordered(a, b) and a <= b end
  local function gt(a, b) return ordered(a, b) and a > b end
  local function ge(a, b) return ordered(a, b) and a >= b end
  local function truth(v) return type(v) == "boolean" and v end
  local function one_of(v, ...)
    for i = 1, select("#", ...) do if eq(v, (select(i, ...))) then return true end end
    return false
  end
  local function text(v) return type(v) == "string" end
  local function contains(v, n) return text(v) and find(v, n, 1, true) ~= nil end
  local function startswith(v, n) return text(v) and sub(v, 1, #n) == n end
  local function endswith(v, n) return text(v) and sub(v, -#n) == n end
  local function icontains(v, n) return text(v) and contains(lower(v), lower(n)) end
  local function istartswith(v, n) return text(v) and startswith(lower(v), lower(n)) end
  local function iendswith(v, n) return text(v) and endswith(lower(v), lower(n)) end
  local function iequals(v, n) return text(v) and lower(v) == lower(n) end
  local function matches(v, p) return text(v) and re2(v, p) end
  local function cidr(v, ...) return text(v) and within(v, ...) end

  """

/// Rewrites an expression into Lua token by token: it knows operands and calls, and nothing of precedence.
private struct OracleTranslator {
  private let text: [UInt8]
  private var tokens: [ExpressionLexer.Token] = []
  private var at = 0

  private static let operators = ["==": "eq", "~=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"]

  init(_ text: String) throws {
    self.text = Array(text.utf8)
    var lexer = ExpressionLexer(self.text)
    repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
  }

  private enum Operand {
    case field(String)
    case literal(String)
    case absent, null
  }

  mutating func translation() -> String {
    var result = ""
    while tokens[at].kind != .end {
      switch tokens[at].kind {
      case .word("and"), .word("or"), .word("not"), .symbol("("), .symbol(")"): result += source(take()) + " "
      case .word(let name) where tokens[at + 1].kind == .symbol("(") && name != "field":
        at += 2
        result += call(name, operand())
      default: result += comparison()
      }
    }
    return result
  }

  private mutating func take() -> ExpressionLexer.Token {
    at += 1
    return tokens[at - 1]
  }

  private func source(_ token: ExpressionLexer.Token) -> String { String(decoding: text[token.range], as: UTF8.self) }

  private mutating func operand() -> Operand {
    let token = take()
    switch token.kind {
    case .word("nil"): return .absent
    case .word("null"): return .null
    case .word("field"):
      at += 3
      guard case .string(let name) = tokens[at - 2].kind else { return .absent }
      return .field(String(decoding: name, as: UTF8.self))
    case .word(let word) where word != "true" && word != "false":
      var name = word
      while tokens[at].kind == .symbol(".") {
        name += "." + source(tokens[at + 1])
        at += 2
      }
      return .field(name)
    case .symbol("-"): return .literal("-" + source(take()))
    default: return .literal(source(token))
    }
  }

  private mutating func comparison() -> String {
    let left = operand()
    if tokens[at].kind == .symbol(":") {
      at += 3
      return call(source(tokens[at - 2]), left)
    }
    guard case .symbol(let symbol) = tokens[at].kind, let function = Self.operators[symbol] else {
      return "truth(\(lua(left))) "
    }
    at += 1
    let right = operand()
    switch (left, right) {
    case (_, .absent), (.absent, _): return "\(lua(left)) \(symbol) \(lua(right)) "
    case (_, .null) where symbol == "~=", (.null, _) where symbol == "~=":
      let field = if case .field = left { lua(left) } else { lua(right) }
      return "(\(field) ~= nil and \(field) ~= null) "
    default:
      let byLevel = [left, right].contains { if case .field("level") = $0 { true } else { false } }
      return "\(function)(\(lua(left, byLevel)), \(lua(right, byLevel))) "
    }
  }

  private func lua(_ operand: Operand, _ byLevel: Bool = false) -> String {
    switch operand {
    case .absent: "nil"
    case .null: "null"
    case .field("level") where byLevel: "rank[e.level]"
    case .field(let name) where byLevel: "rank.\(name)"
    case .field(let name): "e[\(Literal.text(Array(name.utf8)).source)]"
    case .literal(let source): byLevel ? "rank[lower(\(source))]" : source
    }
  }

  /// The rest of a call, behind its opening parenthesis and first operand.
  private mutating func call(_ name: String, _ subject: Operand) -> String {
    let byLevel = if case .field("level") = subject { true } else { false }
    var arguments = [lua(subject, byLevel)]
    while tokens[at].kind != .symbol(")") {
      if tokens[at].kind == .symbol(",") { at += 1 }
      arguments.append(lua(operand(), byLevel))
    }
    at += 1
    return "\(name)(\(arguments.joined(separator: ", "))) "
  }
}

private final class OracleHost: LuaHost {
  let fields: FieldTable

  init(_ fields: FieldTable) { self.fields = fields }

  func column(of name: UnsafeBufferPointer<UInt8>) -> Int32 {
    fields.existingColumn(of: String(decoding: name, as: UTF8.self)).map(Int32.init) ?? -1
  }

  func fetch(_ name: UnsafeBufferPointer<UInt8>, event: Int, into result: UnsafeMutablePointer<stella_value>) {}

  func value(ofJSON cell: stella_value) throws(LuaHostError) -> LuaValue { .table(LuaTable()) }

  func call(
    type: Int, handle: Int, keySlot: Int, method: Int, arguments: UnsafeBufferPointer<stella_value>,
    result: UnsafeMutablePointer<stella_value>
  ) throws(LuaHostError) -> LuaValue? { throw LuaHostError("the oracle has no objects") }

  /// RE2 and addresses, which Lua does not have.
  static var functions: [String: LuaHostFunction] {
    [
      "re2": { (arguments: [LuaValue]) throws(LuaHostError) -> LuaValue in
        guard case .string(let text) = arguments[0], case .string(let pattern) = arguments[1],
          let regex = try? RegularExpression(Array(pattern.utf8))
        else { throw LuaHostError("two texts") }
        return .bool(Array(text.utf8).withUnsafeBufferPointer { regex.matches($0) })
      },
      "within": { (arguments: [LuaValue]) throws(LuaHostError) -> LuaValue in
        guard case .string(let text) = arguments[0] else { throw LuaHostError("a text") }
        let blocks = arguments.dropFirst().map { if case .string(let block) = $0 { "\"\(block)\"" } else { "" } }
        guard let test = try? Expression.parse("cidr(a, \(blocks.joined(separator: ", ")))") else {
          throw LuaHostError("blocks")
        }
        return .bool(ReferenceEvaluator(event: ["a": .text(text)]).holds(test.syntax))
      },
    ]
  }
}

@Suite struct RouteOracleTests {
  @Test(arguments: [21, 22, 23] as [UInt64])
  func `The native evaluator agrees with Lua on random expressions and events`(seed: UInt64) throws {
    var generator = ExpressionGenerator(random: SeededGenerator(seed))
    let perChunk = 60
    for round in 0..<2 {
      let texts = (0..<perChunk).map { _ in generator.expression() }
      let events = TestEvents((0..<300).map { _ in generator.event() })
      let native = try events.matches(texts)

      var source = prelude + "return function(e)\n  local r = 0\n"
      for (position, text) in texts.enumerated() {
        var translator = try OracleTranslator(text)
        source += "  if \(translator.translation()) then r = r | \(1 << position) end\n"
      }
      source += "  return r\nend"
      var limits = LuaLimits()
      limits.memoryBytes = 4 << 20
      limits.stepsPerCall = 10_000_000
      limits.sourceBytes = 1 << 20
      limits.deadline = .seconds(60)
      let library = LuaLibrary(functions: OracleHost.functions, host: OracleHost(events.fields))
      let state = try LuaState(limits: limits, library: library)
      defer { state.close() }
      guard case .function(let function) = try state.load(Array(source.utf8), name: "oracle.lua") else {
        Issue.record("seed \(seed), round \(round): no function")
        return
      }
      state.bind(cells: events.batch.cells, stride: EventBatch.capacity)
      var oracle = [[Int]](repeating: [], count: perChunk)
      for event in 0..<events.batch.count {
        guard case .integer(let bits) = try state.call(function, [.event(event)]) else { continue }
        for position in 0..<perChunk where bits & (1 << Int64(position)) != 0 { oracle[position].append(event) }
      }
      for position in 0..<perChunk {
        #expect(native[position] == oracle[position], "seed \(seed), round \(round): \(texts[position])")
      }
    }
  }
}
