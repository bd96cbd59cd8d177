extension Effect {
  /// Every value in it, in a fixed order.
  package var values: [EffectValue] {
    switch self {
    case .sqlUpdate(let update): update.selector.map(\.value) + update.set.map(\.value)
    case .sqlInsert(let insert): insert.rows.flatMap { $0.map(\.value) }
    case .sqlDelete(let delete): delete.selector.map(\.value)
    case .sqlRestore: []
    case .httpRequest(let request): request.headers.map(\.value) + [request.body].compactMap { $0 }
    case .exec(let exec): exec.argv + exec.environment.map(\.value)
    case .eventEmit(let event): [event.message] + event.fields.map(\.value)
    }
  }

  /// The same effect with each reference to a result replaced by what `result` gives for it. Selectors have none.
  package func replacingResults<E: Error>(
    _ result: (ResultReference) throws(E) -> EffectValue
  ) throws(E) -> Effect {
    switch self {
    case .sqlUpdate(var update):
      update.set = try update.set.replacingResults(result)
      return .sqlUpdate(update)
    case .sqlInsert(var insert):
      for index in insert.rows.indices { insert.rows[index] = try insert.rows[index].replacingResults(result) }
      return .sqlInsert(insert)
    case .sqlDelete, .sqlRestore: return self
    case .httpRequest(var request):
      request.headers = try request.headers.replacingResults { (reference) throws(E) in try result(reference).written }
      request.body = try request.body?.replacingResults(result)
      return .httpRequest(request)
    case .exec(var exec):
      for index in exec.argv.indices {
        exec.argv[index] = try exec.argv[index].replacingResults { (reference) throws(E) in
          try result(reference).written
        }
      }
      return .exec(exec)
    case .eventEmit(var event):
      event.message = try event.message.replacingResults { (reference) throws(E) in try result(reference).written }
      event.fields = try event.fields.replacingResults(result)
      return .eventEmit(event)
    }
  }

  /// The table that it changes rows of, with its target.
  package var table: (target: String, table: String)? {
    switch self {
    case .sqlUpdate(let effect): (effect.target, effect.table)
    case .sqlInsert(let effect): (effect.target, effect.table)
    case .sqlDelete(let effect): (effect.target, effect.table)
    case .sqlRestore(let effect): (effect.target, effect.table)
    case .httpRequest, .exec, .eventEmit: nil
    }
  }
}

extension EffectValue {
  /// The value where only text can stand, such as a header or an argument: numbers and truth values as JSON writes them.
  package var written: EffectValue {
    switch self {
    case .integer(let value): .text(String(value))
    case .double(let value): .text(FieldValue.double(value).json)
    case .bool(let value): .text(value ? "true" : "false")
    default: self
    }
  }
}
