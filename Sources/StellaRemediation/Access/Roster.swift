import StellaModel
import Synchronization

/// Everybody who may act, at the moment it is asked: whom the configuration declares, and whom the store knows.
///
/// May be asked from any thread. O(1) while no account changes.
package final class Roster: Sendable {
  private struct State {
    var generation: Int64?
    var people: People
  }

  /// Those of the configuration alone.
  package let declared: People
  private let generation: (@Sendable () throws -> Int64)?
  private let accounts: @Sendable () throws -> [Account]
  private let state: Mutex<State>

  package init(_ declared: People) {
    self.declared = declared
    generation = nil
    accounts = { [] }
    state = Mutex(State(people: declared))
  }

  package init(_ declared: People, store: some AccessStore) {
    self.declared = declared
    generation = { try store.accountGeneration() }
    accounts = { try store.readAccess { try $0.accounts() } }
    state = Mutex(State(people: declared))
  }

  /// While the store can't be read, those who were known last, so that nobody whom it disables is let in; before the first time
  /// those whom the configuration declares.
  package var people: People {
    guard let generation else { return declared }
    do {
      let number = try generation()
      if let known = state.withLock({ $0.generation == number ? $0.people : nil }) { return known }
      // What is read may be newer than the number; then it is read once more the next time.
      let people = declared.joined(by: try accounts())
      state.withLock { $0 = State(generation: number, people: people) }
      return people
    } catch {
      return state.withLock { $0.people }
    }
  }
}
