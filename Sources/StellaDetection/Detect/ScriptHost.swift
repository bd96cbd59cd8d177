import CStellaValue
import StellaLua
import StellaModel
import StellaScripting

/// The engine's side of one rule's script: its fields and its native state.
final class ScriptHost: LuaHost {
  let fields: FieldRegister
  var primitives: [any Primitive] = []
  @exclusivity(unchecked) var now: Int64 = 0
  @exclusivity(unchecked) var began: Int64 = 0
  /// The event in hand; nil inside `check`.
  @exclusivity(unchecked) var event: Int?
  /// Set while the rule is run, by a caller that holds it; a weak reference would cost more than the call it serves.
  @exclusivity(unchecked) private unowned(unsafe) var context: DetectionContext?
  private let list = PrimitiveList()
  /// Notes the calls of native state; nil when nobody asks.
  @exclusivity(unchecked) var tracer: ScriptTracer?
  private lazy var json = JSONParser()
  /// Keeps the text of the field fetched last.
  private var fetched: [UInt8] = []

  init(fields: FieldRegister) { self.fields = fields }

  /// Serves the script with what `context` has, until `body` returns.
  func serve<Result, Failure>(
    _ context: DetectionContext, while body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let outer = self.context
    self.context = context
    defer { self.context = outer }
    return try body()
  }

  func column(of name: UnsafeBufferPointer<UInt8>) -> Int32 {
    guard let context else { return -1 }
    let name = String(decoding: name, as: UTF8.self)
    guard let column = fields.table.existingColumn(of: name) else {
      // It gets its column with the next batch: while one is run, other workers read the table.
      context.want(field: name)
      return -1
    }
    return column < context.batch.columnCount ? Int32(column) : -1
  }

  func fetch(_ name: UnsafeBufferPointer<UInt8>, event: Int, into result: UnsafeMutablePointer<stella_value>) {
    guard let context, event >= 0, event < context.batch.count else { return }
    let batch = context.batch
    let record = context.materialise(batch.sources[event], batch.record(event), batch.times[event])
    guard let value = FieldPath.value(of: String(decoding: name, as: UTF8.self), in: record) else { return }
    switch value {
    case .null: result.pointee.kind = UInt8(STELLA_NULL)
    case .bool(let flag):
      result.pointee.kind = UInt8(STELLA_BOOL)
      result.pointee.i = flag ? 1 : 0
    case .integer(let number):
      result.pointee.kind = UInt8(STELLA_INT)
      result.pointee.i = number
    case .double(let number):
      result.pointee.kind = UInt8(STELLA_DOUBLE)
      result.pointee.d = number
    case .string(let text): give(Array(text.utf8), STELLA_STRING, result)
    case .array: give(Array(value.json.utf8), STELLA_ARRAY, result)
    case .object: give(Array(value.json.utf8), STELLA_OBJECT, result)
    }
  }

  private func give(_ bytes: [UInt8], _ kind: Int, _ result: UnsafeMutablePointer<stella_value>) {
    // One byte more, so that the address is never that of an empty array.
    fetched = bytes + [0]
    fetched.withUnsafeBufferPointer { result.pointee.p = $0.baseAddress }
    result.pointee.length = UInt32(bytes.count)
    result.pointee.kind = UInt8(kind)
  }

  func value(ofJSON cell: stella_value) throws(LuaHostError) -> LuaValue {
    do throws(JSONParser.Refusal) {
      return LuaValue(try json.parse(UnsafeBufferPointer(start: cell.p, count: Int(cell.length))))
    } catch {
      throw LuaHostError("the field's JSON can't be read: \(error.reason)")
    }
  }

  /// What the methods that need no arguments say of a piece of state, in the order of the registry.
  func reading(of handle: Int, _ primitive: String, slot: Int) -> String {
    guard let methods = ScriptRegistry.primitive(primitive)?.methods else { return "" }
    var parts: [String] = []
    let none = UnsafeBufferPointer<stella_value>(start: nil, count: 0)
    for (number, method) in methods.enumerated()
    where !method.returns.isEmpty && method.parameters.allSatisfy({ $0.type.hasSuffix("?") }) {
      var result = stella_value()
      let value = try? call(type: 0, handle: handle, keySlot: slot, method: number, arguments: none, result: &result)
      if case .table? = value { continue }
      let shown = value.flatMap { FieldValue(scalar: $0) } ?? FieldValue(result)
      if shown != .null { parts.append("\(method.name) \(ScriptValueText.rounded(shown).json)") }
    }
    return parts.joined(separator: ", ")
  }

  func call(
    type: Int, handle: Int, keySlot: Int, method: Int, arguments: UnsafeBufferPointer<stella_value>,
    result: UnsafeMutablePointer<stella_value>
  ) throws(LuaHostError) -> LuaValue? {
    guard let context, handle < primitives.count, keySlot >= 0 else {
      throw LuaHostError("state is there only inside on and check")
    }
    do throws(PrimitiveError) {
      try primitives[handle].call(
        method, slot: keySlot,
        call: PrimitiveCall(
          now: now, began: began, arguments: arguments, result: result, context: context, event: event, list: list))
    } catch {
      throw LuaHostError(error.message)
    }
    if let text = list.text {
      list.text = nil
      tracer?.note(handle, method, arguments, .string(text))
      return .string(text)
    }
    guard let values = list.values else {
      tracer?.note(handle, method, arguments, FieldValue(result.pointee))
      return nil
    }
    list.values = nil
    tracer?.note(handle, method, arguments, .array(values))
    return .table(LuaTable(array: values.map { LuaValue($0) }))
  }
}

extension LuaValue {
  /// A field's value for a script.
  init(_ value: FieldValue) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .array(let items): self = .table(LuaTable(array: items.map { LuaValue($0) }))
    case .object(let members):
      // Of a name that stands several times the last one counts.
      var fields: [String: LuaValue] = [:]
      for member in members { fields[member.name] = LuaValue(member.value) }
      self = .table(LuaTable(fields: fields.map { (key: $0.key, value: $0.value) }))
    }
  }
}
