import CStellaValue
import StellaLua
import StellaModel

/// What one call of a fix's function can reach: questions to targets, and the effects that it declares.
///
/// A refusal is final: a script that catches it fails all the same.
final class FixHost: LuaHost {
  enum Phase: String {
    case load = "the file is loaded"
    case when
    case plan
    case verify
  }

  static let databaseType = 0
  static let effectType = 1

  private let manifest: FixManifest
  private let written: WrittenEffects
  private let targets: [String: any ReadOnlyTarget]
  private let limits: FixLimits
  var phase = Phase.load
  weak var state: LuaState?

  private(set) var effects: [DeclaredEffect] = []
  /// The numbers of those that only take back another one.
  private(set) var undos: Set<Int> = []
  private(set) var records: [FixQueryRecord] = []
  private(set) var answered: [AnsweredQuery] = []
  private(set) var failure: FixError?
  private var databases: [String] = []

  init(
    manifest: FixManifest, written: WrittenEffects, targets: [String: any ReadOnlyTarget], limits: FixLimits
  ) {
    self.manifest = manifest
    self.written = written
    self.targets = targets
    self.limits = limits
  }

  /// What the scripts of fixes see.
  var library: LuaLibrary {
    var functions: [String: LuaHostFunction] = [
      "ctx.db": { arguments throws(LuaHostError) in try self.database(arguments) }
    ]
    for effect in ScriptRegistry.effects {
      let constructor: LuaHostFunction = { arguments throws(LuaHostError) in try self.declare(effect, arguments) }
      functions[effect.name] = constructor
    }
    return LuaLibrary(
      constructors: ["fix"], functions: functions, handleTypes: ScriptRegistry.fixHandleTypes, host: self)
  }

  private func refuse(
    _ code: FixError.Code, _ message: String, _ remedy: String, canRetry: Bool = false
  ) -> LuaHostError {
    let error =
      failure
      ?? FixError(
        code, message, remedy: remedy, file: manifest.file, line: state?.callingLine ?? 0, canRetry: canRetry)
    failure = error
    return LuaHostError(error.message)
  }

  private func checkUsable() throws(LuaHostError) {
    if let failure { throw LuaHostError(failure.message) }
  }

  // MARK: - Effects

  private func declare(_ effect: ScriptEffect, _ arguments: [LuaValue]) throws(LuaHostError) -> LuaValue {
    try checkUsable()
    let line = state?.callingLine ?? 0
    guard phase == .plan else {
      throw refuse(
        .effect, "\(effect.name) is used where \(phase == .load ? phase.rawValue : "\(phase.rawValue) runs")",
        "Effects are declared in plan.")
    }
    guard effects.count < limits.effects else {
      throw refuse(
        .budget, "plan declares more than \(limits.effects) effects",
        "Let one effect cover several rows, or plan for fewer at a time.")
    }
    guard arguments.count == 1, case .table(let table) = arguments[0] else {
      throw refuse(
        .effect, "\(effect.name) needs one table", "Write \(effect.name) { … } with its keys.")
    }
    guard let written = written.table(of: effect.name, line: line) else {
      throw refuse(
        .effect, "\(effect.name) is called in a roundabout way",
        "Write \(effect.name) { … } by its own name with the table in place, so that a nil in it can be found.")
    }
    let reader = EffectReader(effect: effect, table: table, written: written, made: effects)
    do throws(EffectReader.Fault) {
      let declared = try reader.read(line: line)
      if let target = declared.target, !manifest.targets.contains(target) {
        throw unknown(target: target)
      }
      if case .handle(_, let undo)? = table["undo"] { undos.insert(undo) }
      effects.append(declared)
    } catch {
      throw refuse(.effect, error.message, error.remedy)
    }
    return .handle(type: FixHost.effectType, id: effects.count - 1)
  }

  private func unknown(target: String) -> EffectReader.Fault {
    let hint = NearestName.of(target, in: manifest.targets).map { "Did you mean \($0)? " } ?? ""
    let names = manifest.targets.isEmpty ? "It names none." : "They are: \(manifest.targets.joined(separator: ", "))."
    return EffectReader.Fault(
      message: "\"\(target)\" is not among the targets of the fix", remedy: hint + names)
  }

  // MARK: - Questions

  private func database(_ arguments: [LuaValue]) throws(LuaHostError) -> LuaValue {
    try checkUsable()
    guard arguments.count == 1, case .string(let name) = arguments[0] else {
      throw refuse(.query, "ctx.db needs the name of a target", "Write ctx.db(\"app-db\"), with a dot.")
    }
    guard manifest.targets.contains(name) else {
      let fault = unknown(target: name)
      throw refuse(.query, fault.message, fault.remedy)
    }
    guard targets[name] != nil else {
      throw refuse(
        .query, "the target \(name) takes no questions", "Allow reading on it in the configuration of the target.")
    }
    if let index = databases.firstIndex(of: name) { return .handle(type: FixHost.databaseType, id: index) }
    databases.append(name)
    return .handle(type: FixHost.databaseType, id: databases.count - 1)
  }

  func call(
    type: Int, handle: Int, keySlot: Int, method: Int, arguments: UnsafeBufferPointer<stella_value>,
    result: UnsafeMutablePointer<stella_value>
  ) throws(LuaHostError) -> LuaValue? {
    try checkUsable()
    guard type == FixHost.databaseType, databases.indices.contains(handle),
      ScriptRegistry.databaseMethods.indices.contains(method)
    else { throw refuse(.internal, "a native object without methods was called", "") }
    let name = ScriptRegistry.databaseMethods[method].name
    let answer = try ask(
      databases[handle], arguments, method: name, rowLimit: name == "rows" ? limits.rows : 1)
    switch name {
    case "value":
      guard let row = answer.rows.first else { return .nil }
      guard row.count == 1 else {
        throw refuse(.query, "value got \(row.count) columns", "Select one column, or use row.")
      }
      return LuaValue(copy: row[0])
    case "row": return answer.rows.first.map { record(answer.columns, $0) } ?? .nil
    default: return .table(LuaTable(array: answer.rows.map { record(answer.columns, $0) }))
    }
  }

  private func record(_ columns: [String], _ row: [FieldValue]) -> LuaValue {
    .table(LuaTable(fields: zip(columns, row).map { (key: $0, value: LuaValue(copy: $1)) }))
  }

  private func ask(
    _ name: String, _ values: UnsafeBufferPointer<stella_value>, method: String, rowLimit: Int
  ) throws(LuaHostError) -> FixAnswer {
    let query = try query(name, values, method: method, rowLimit: rowLimit)
    guard records.count < limits.queries else {
      throw refuse(
        .budget, "more than \(limits.queries) questions to targets", "Ask for all rows at once instead of in a loop.")
    }
    var record = FixQueryRecord(
      target: name, statement: query.statement, arguments: query.arguments, rows: 0, bytes: 0, duration: .zero)
    guard let target = targets[name] else { throw refuse(.query, "the target \(name) takes no questions", "") }
    let answer: FixAnswer
    do throws(FixQueryError) {
      answer = try target.answer(query)
    } catch {
      record.failure = error.message
      records.append(record)
      throw refuse(
        error.canRetry ? .target : .query, "\(name): \(error.message)",
        error.canRetry ? "Look whether the target is up; then plan again." : "Correct the statement.",
        canRetry: error.canRetry)
    }
    record.rows = answer.rows.count
    record.bytes = answer.byteCount
    record.duration = answer.duration
    records.append(record)
    answered.append(AnsweredQuery(query: query, answer: answer))
    try check(answer, of: query, method: method)
    return answer
  }

  private func query(
    _ name: String, _ values: UnsafeBufferPointer<stella_value>, method: String, rowLimit: Int
  ) throws(LuaHostError) -> FixQuery {
    guard let first = values.first, case .string(let statement)? = FieldValue(argument: first) else {
      throw refuse(.query, "\(method) needs a statement", "Write db:\(method)(\"select …\", …), with a colon.")
    }
    guard statement.utf8.count <= limits.statementBytes else {
      throw refuse(.budget, "a statement of \(statement.utf8.count) bytes", "Keep it under \(limits.statementBytes).")
    }
    let verb = statement.prefix(64).drop { $0.isWhitespace || $0 == "(" }.prefix { $0.isLetter }.lowercased()
    guard ["select", "with", "values"].contains(verb) else {
      throw refuse(
        .query, "a statement that begins with \"\(verb)\"",
        "Plans only read: begin with select, with or values. Changes are effects, such as sql.update { … }.")
    }
    var arguments: [FieldValue] = []
    for value in values.dropFirst() {
      guard let argument = FieldValue(argument: value) else {
        throw refuse(
          .query, "value \(arguments.count + 1) of the statement is nil or no finite number",
          "Write null for NULL, or make sure that there is a value.")
      }
      arguments.append(argument)
    }
    return FixQuery(
      target: name, statement: statement, arguments: arguments, rowLimit: rowLimit, byteLimit: limits.answerBytes)
  }

  private func check(_ answer: FixAnswer, of query: FixQuery, method: String) throws(LuaHostError) {
    if answer.isCut || answer.rows.count > query.rowLimit || answer.byteCount > query.byteLimit {
      if method == "rows" {
        throw refuse(
          .budget, "more than \(query.rowLimit) rows or \(query.byteLimit) bytes in one answer",
          "Ask for less: narrow the statement, or count.")
      }
      throw refuse(
        .query, "\(method) got more than one row, or a very long one",
        "Select by a key, or use rows: which row is meant must be certain.")
    }
    guard Set(answer.columns).count == answer.columns.count, !answer.columns.contains(""),
      answer.rows.allSatisfy({ $0.count == answer.columns.count })
    else {
      throw refuse(.query, "two columns of the answer have the same name or none", "Name them apart with as.")
    }
    let longest = limits.plan.stringBytes
    for row in answer.rows {
      for case .string(let text) in row where text.utf8.count > longest {
        throw refuse(
          .budget, "a text of \(text.utf8.count) bytes in the answer",
          "The longest is \(longest) bytes, and texts are never cut here: select a part of it.")
      }
    }
  }

  // MARK: - There are no events here

  func column(of name: UnsafeBufferPointer<UInt8>) -> Int32 { -1 }
  func fetch(_ name: UnsafeBufferPointer<UInt8>, event: Int, into result: UnsafeMutablePointer<stella_value>) {}
  func value(ofJSON cell: stella_value) throws(LuaHostError) -> LuaValue { .nil }
}

/// A question with its answer, to be given again.
struct AnsweredQuery {
  var query: FixQuery
  var answer: FixAnswer
}

extension FieldValue {
  /// An argument of a method; nil for nil and for what is not finite.
  fileprivate init?(argument cell: stella_value) {
    switch Int(cell.kind) {
    case STELLA_NULL: self = .null
    case STELLA_BOOL: self = .bool(cell.i != 0)
    case STELLA_INT: self = .integer(cell.i)
    case STELLA_DOUBLE where cell.d.isFinite: self = .double(cell.d)
    case STELLA_STRING:
      self = .string(String(decoding: UnsafeRawBufferPointer(start: cell.p, count: Int(cell.length)), as: UTF8.self))
    default: return nil
    }
  }
}
