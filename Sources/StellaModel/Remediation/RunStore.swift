/// Which runs to list. Conditions that are nil or empty don't restrict.
package struct RunQuery: Sendable, Hashable {
  package var states: [RunState] = []
  package var fix: String?
  package var subject: String?
  package var alert: String?
  package var target: String?
  /// Only rollbacks, or only what isn't one.
  package var isRollback: Bool?
  /// Only those that somebody decided alone, and that nobody has reviewed.
  package var isUnreviewed = false
  /// Proposed then or later.
  package var since: Int64?
  /// Ended then or later, or not at all.
  package var openSince: Int64?
  /// The most that are given; the newest of them.
  package var limit: Int?

  package init() {}
}

/// A transaction that changes runs together with the records that say so. As ``LogTransaction``, every call throws
/// ``StoreError``, after which the transaction must be given up.
package protocol RunTransaction: LogTransaction, AlertTransaction {
  func run(_ id: String) throws(StoreError) -> Run?
  /// In the order in which they were proposed.
  func runs(_ query: RunQuery) throws(StoreError) -> [Run]
  /// How many there are, however large the query's limit.
  func runCount(_ query: RunQuery) throws(StoreError) -> Int
  /// - Precondition: there is none with its id.
  func insert(_ run: Run) throws(StoreError)
  func update(_ run: Run) throws(StoreError)

  /// The canonical form; nil when there is none yet, or when it was erased.
  func plan(of run: String) throws(StoreError) -> [UInt8]?
  func setPlan(_ canonical: [UInt8], of run: String) throws(StoreError)
  /// What the fix had to say to the one who decides.
  func notes(of run: String) throws(StoreError) -> [String]
  func setNotes(_ notes: [String], of run: String) throws(StoreError)

  /// In the order in which they were cast.
  func votes(on run: String) throws(StoreError) -> [RunVote]
  func insert(_ vote: RunVote) throws(StoreError)

  /// In the order of their groups.
  func steps(of run: String) throws(StoreError) -> [RunStep]
  /// Takes the place of the one with its run and group, if there is one.
  func put(_ step: RunStep) throws(StoreError)

  /// Nil when effects may go on.
  func freeze() throws(StoreError) -> Freeze?
  func setFreeze(_ freeze: Freeze?) throws(StoreError)
}

/// A store that keeps runs beside the execution log.
package protocol RunStore: LogStore where Transaction: RunTransaction {
  /// Runs `body` on one consistent state; what it writes is refused.
  func readRuns<Value>(_ body: (Transaction) throws -> Value) throws -> Value

  /// A number that is another one after each commit, whoever made it, and cheaper to ask for than anything that is stored; nil
  /// when the store has none. Compare it with what it was before in this process alone.
  func changeStamp() throws -> Int64?
}

extension RunStore {
  package func changeStamp() throws -> Int64? { nil }
}
