/// One typed, concrete change that a plan lists. It is data: the engine executes it, and no script runs then.
///
/// Effects are compared by their canonical form, not with `==`: what looks like the same text may be other bytes.
package enum Effect: Sendable {
  case sqlUpdate(SQLUpdate)
  case sqlInsert(SQLInsert)
  case sqlDelete(SQLDelete)
  /// Puts rows back; only the engine makes these.
  case sqlRestore(SQLRestore)
  case httpRequest(HTTPRequest)
  case exec(Exec)
  case eventEmit(EventEmit)

  /// The raw value is the name that scripts and screens use.
  package enum Kind: String, Sendable, CaseIterable {
    case sqlUpdate = "sql.update"
    case sqlInsert = "sql.insert"
    case sqlDelete = "sql.delete"
    case sqlRestore = "sql.restore"
    case httpRequest = "http.request"
    case exec
    case eventEmit = "event.emit"
  }

  package var kind: Kind {
    switch self {
    case .sqlUpdate: .sqlUpdate
    case .sqlInsert: .sqlInsert
    case .sqlDelete: .sqlDelete
    case .sqlRestore: .sqlRestore
    case .httpRequest: .httpRequest
    case .exec: .exec
    case .eventEmit: .eventEmit
    }
  }

  /// The configured target it touches; nil for `event.emit`, which stays within the engine.
  package var target: String? {
    switch self {
    case .sqlUpdate(let effect): effect.target
    case .sqlInsert(let effect): effect.target
    case .sqlDelete(let effect): effect.target
    case .sqlRestore(let effect): effect.target
    case .httpRequest(let effect): effect.target
    case .exec(let effect): effect.target
    case .eventEmit: nil
    }
  }

  /// Whether it can share a transaction with its neighbours.
  package var isSQL: Bool {
    switch self {
    case .sqlUpdate, .sqlInsert, .sqlDelete, .sqlRestore: true
    case .httpRequest, .exec, .eventEmit: false
    }
  }
}
