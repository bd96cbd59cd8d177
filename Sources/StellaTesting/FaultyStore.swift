import StellaModel
import Synchronization

/// A store in front of another one that fails as a test says, as if its process had ended or the other one couldn't be used.
package final class FaultyStore<Base: RunStore>: RunStore {
  package typealias Transaction = Base.Transaction

  package enum Fault: Sendable, Hashable {
    /// The process ends before the transaction.
    case endBefore
    /// The process ends once the transaction is durable, and doesn't learn that.
    case endAfter
    /// The transaction isn't done, and the error says why.
    case refuse(StoreError.Code)
  }

  private let base: Base
  private struct State {
    /// Of the writes to come; nil: it is done.
    var faults: [Fault?] = []
    var isEnded = false
    var writes = 0
  }
  private let state = Mutex(State())

  package init(_ base: Base) { self.base = base }

  package var isEnded: Bool { state.withLock { $0.isEnded } }
  /// Writes that were asked for.
  package var writes: Int { state.withLock { $0.writes } }

  /// What becomes of the next writes, in their order; nil and all that follow are done.
  package func next(_ faults: [Fault?]) { state.withLock { $0.faults = faults } }

  package func write<Value>(as writer: LogWriter, _ body: (Transaction) throws -> Value) throws -> Value {
    let fault = try state.withLock { state throws(StoreError) -> Fault? in
      try Self.check(state)
      state.writes += 1
      let fault = state.faults.isEmpty ? nil : state.faults.removeFirst()
      if fault == .endBefore { state.isEnded = true }
      return fault
    }
    switch fault {
    case .endBefore: throw Self.error(.failed)
    case .refuse(let code): throw Self.error(code)
    case .endAfter:
      _ = try base.write(as: writer, body)
      state.withLock { $0.isEnded = true }
      throw Self.error(.failed)
    case nil: return try base.write(as: writer, body)
    }
  }

  package func readLog<Value>(_ body: (any LogSource) throws -> Value) throws -> Value {
    try state.withLock { state throws(StoreError) in try Self.check(state) }
    return try base.readLog(body)
  }

  package func changeStamp() throws -> Int64? {
    try state.withLock { state throws(StoreError) in try Self.check(state) }
    return try base.changeStamp()
  }

  package func readRuns<Value>(_ body: (Transaction) throws -> Value) throws -> Value {
    try state.withLock { state throws(StoreError) in try Self.check(state) }
    return try base.readRuns(body)
  }

  private static func check(_ state: State) throws(StoreError) {
    if state.isEnded { throw error(.failed) }
  }

  private static func error(_ code: StoreError.Code) -> StoreError {
    StoreError(code, path: "a faulty store", message: "this is what the test wants.")
  }
}
