/// The rules that every effect keeps, whoever made it: a script, the engine, or a decoder of stored bytes.
package enum EffectCheck {
  /// Bounds that keep a plan something a person can read and a machine can hold.
  package static let nameLimitBytes = 256
  package static let urlLimitBytes = 8192
  package static let itemLimit = 1024
  package static let insertedRowLimit = 100_000

  /// Throws what is wrong with the effect first. O(size of the effect).
  package static func check(_ effect: Effect) throws(EffectError) {
    if let target = effect.target { try name(target, at: "target") }
    switch effect {
    case .sqlUpdate(let update):
      try name(update.table, at: "table")
      try selector(update.selector)
      guard !update.set.isEmpty else {
        throw EffectError(.missingMember, at: "set", "set is empty", "Name at least one column and its new value")
      }
      try columns(update.set, at: "set", allowsResults: true)
      let names = update.selector.names + update.set.names.filter { update.selector[$0] == nil }
      try distinctColumns(names, at: "set")
    case .sqlInsert(let insert): try check(insert)
    case .sqlDelete(let delete):
      try name(delete.table, at: "table")
      try selector(delete.selector)
    case .sqlRestore(let restore): try name(restore.table, at: "table")
    case .httpRequest(let request): try check(request)
    case .exec(let exec): try check(exec)
    case .eventEmit(let event):
      try pieces(event.message, at: "message", allowsSecrets: false)
      if let service = event.service { try name(service, at: "service") }
      try json(.object(event.fields), at: "fields", allowsSecrets: false)
    }
  }

  /// Throws unless all values are known, and such as JSON can carry, without secrets.
  package static func checkParameters(_ parameters: NamedValues) throws(EffectError) {
    try json(.object(parameters), at: "parameters", allowsSecrets: false)
    for parameter in parameters {
      try parameter.value.visit { (value) throws(EffectError) in
        guard case .result = value else { return }
        throw EffectError(
          .badValue, at: "parameters.\(parameter.name)", "the value isn't known yet", "Give parameters known values")
      }
    }
  }

  /// Throws unless these can be the names of a table's columns.
  package static func checkColumnNames(_ row: NamedValues) throws(EffectError) {
    try limit(row.count, at: "row")
    for column in row { try name(column.name, at: column.name) }
    try distinctColumns(row.names, at: "row")
  }

  /// Throws unless each value is such as a row of a database holds. Unlike what an effect asks for, a row may hold NaN, an
  /// infinity, or text with a zero byte.
  package static func checkStored(_ row: NamedValues, allowsResults: Bool) throws(EffectError) {
    for column in row {
      switch column.value {
      case .null, .bool, .integer, .double, .text, .bytes: break
      case .result where allowsResults: break
      case .result, .secret, .array, .object:
        throw EffectError(.wrongType, at: column.name, "no row holds such a value", "Give what the database holds")
      }
    }
  }

  /// Throws unless `name` can name a fix, a module or a target.
  package static func checkName(_ name: String, at place: String) throws(EffectError) { try self.name(name, at: place) }

  private static func check(_ insert: Effect.SQLInsert) throws(EffectError) {
    try name(insert.table, at: "table")
    guard let first = insert.rows.first else {
      throw EffectError(.missingMember, at: "rows", "rows is empty", "Give at least one row, or leave the effect out")
    }
    guard insert.rows.count <= insertedRowLimit else {
      throw EffectError(
        .limit, at: "rows", "\(insert.rows.count) rows are more than \(insertedRowLimit)", "Split the work over runs")
    }
    for (index, row) in insert.rows.enumerated() {
      let place = "rows[\(index + 1)]"
      guard !row.isEmpty else {
        throw EffectError(.missingMember, at: place, "the row has no column", "Name at least one column and its value")
      }
      try columns(row, at: place, allowsResults: true)
      if let missing = first.names.first(where: { row[$0] == nil }) {
        throw EffectError(
          .missingMember, at: "\(place).\(missing)", "the first row has this column and this row has no value for it",
          "Give every row the same columns; write null where there is no value")
      }
      if let extra = row.names.first(where: { first[$0] == nil }) {
        throw EffectError(
          .unknownMember, at: "\(place).\(extra)", "the first row doesn't have this column",
          "Give every row the same columns; write null where there is no value")
      }
    }
    try ascending(insert.returning, at: "returning")
    for column in insert.returning where ResultReference(effect: 1, column: column) == nil {
      throw EffectError(
        .badValue, at: "returning", "a returned column has a name that no reference can hold",
        "Return columns whose names are ASCII letters, digits and underscores, at most 64")
    }
    try distinctColumns(first.names + insert.returning, at: "returning")
  }

  private static func check(_ request: Effect.HTTPRequest) throws(EffectError) {
    guard Effect.HTTPRequest.methods.contains(request.method) else {
      throw EffectError(
        .badValue, at: "method", "this is no method that an effect may use",
        "Use one of \(Effect.HTTPRequest.methods.joined(separator: ", "))")
    }
    try url(request.url, at: "url")
    try limit(request.headers.count, at: "headers")
    for header in request.headers {
      let place = "headers.\(header.name)"
      try pieces(header.value, at: place, allowsSecrets: true)
      try HTTPHeaderRules.check(name: header.name, value: header.value, at: place)
    }
    if let name = request.idempotencyHeader {
      try HTTPHeaderRules.check(name: name, value: .null, at: "idempotency_header")
      guard request.headers[name] == nil else {
        throw EffectError(
          .badValue, at: "idempotency_header", "headers has this header too",
          "Leave it out of headers: the engine sets it")
      }
    }
    switch request.body {
    case nil: break
    case .text(let text): try self.text(text, at: "body")
    case .array, .object: try json(request.body ?? .null, at: "body", allowsSecrets: true)
    default:
      throw EffectError(
        .wrongType, at: "body", "the body is neither text nor a table", "Give text, or a table that is sent as JSON")
    }
    try outcomes(request.expectedStatuses, within: 100...599, at: "expect")
    if let observation = request.observation {
      guard case .get(let url) = observation.probe else {
        throw EffectError(.badValue, at: "observe", "a request is observed by a url", "Give url instead of argv")
      }
      try self.url(url, at: "observe.url")
      try check(observation, within: 100...599)
    }
  }

  private static func check(_ exec: Effect.Exec) throws(EffectError) {
    guard let program = exec.argv.first else {
      throw EffectError(.missingMember, at: "argv", "argv is empty", "Name the program and its arguments, each a text")
    }
    guard case .text(let path) = program, !path.isEmpty else {
      throw EffectError(.wrongType, at: "argv[1]", "the program is no text", "Name the program as a fixed text")
    }
    try limit(exec.argv.count, at: "argv")
    for (index, word) in exec.argv.enumerated() {
      try pieces(word, at: "argv[\(index + 1)]", allowsSecrets: false)
    }
    try limit(exec.environment.count, at: "environment")
    for variable in exec.environment {
      let place = "environment.\(variable.name)"
      try environmentName(variable.name, at: place)
      guard case .secret = variable.value else {
        throw EffectError(
          .secretValue, at: place, "an environment variable holds something else than a reference to a secret",
          "Write \"name@version\" of a configured secret; plain values belong into argv")
      }
    }
    try outcomes(exec.expectedCodes, within: 0...255, at: "expect")
    if let observation = exec.observation {
      guard case .run(let argv) = observation.probe, argv.first?.isEmpty == false else {
        throw EffectError(.badValue, at: "observe", "a command is observed by a command", "Give argv with a program")
      }
      try limit(argv.count, at: "observe.argv")
      for word in argv { try text(word, at: "observe.argv", refusesNull: true) }
      try check(observation, within: 0...255)
    }
  }

  private static func check(_ observation: Observation, within range: ClosedRange<Int>) throws(EffectError) {
    guard !observation.applied.isEmpty else {
      throw EffectError(
        .missingMember, at: "observe.applied", "no outcome means that the effect was applied",
        "Name at least one outcome")
    }
    try outcomes(observation.applied, within: range, at: "observe.applied")
    try outcomes(observation.notApplied, within: range, at: "observe.not_applied")
    if let both = observation.applied.first(where: { observation.notApplied.contains($0) }) {
      throw EffectError(
        .badValue, at: "observe", "\(both) means both applied and not applied", "Name each outcome on one side only")
    }
  }
}
