/// A transaction that changes who may come in, together with the records that say so. As ``LogTransaction``, every call throws
/// ``StoreError``, after which the transaction must be given up.
package protocol AccessTransaction: LogTransaction {
  /// In the order of their names.
  func accounts() throws(StoreError) -> [Account]
  func account(_ name: String) throws(StoreError) -> Account?
  /// Takes the place of the one with its name, if there is one.
  func put(_ account: Account) throws(StoreError)

  /// - Parameter digest: of its secret, 32 bytes.
  func session(_ digest: [UInt8]) throws(StoreError) -> LoginSession?
  /// In the order in which they began; also those that are over.
  func sessions(of account: String) throws(StoreError) -> [LoginSession]
  func insert(_ session: LoginSession, digest: [UInt8]) throws(StoreError)
  func setUsed(session id: String, at time: Int64) throws(StoreError)
  /// False when there was none.
  func removeSession(_ id: String) throws(StoreError) -> Bool
  /// How many there were.
  func removeSessions(of account: String, except kept: String?) throws(StoreError) -> Int
  /// Those whose time is over in any case.
  func removeSessions(endedBefore time: Int64) throws(StoreError)

  /// - Parameter digest: of its secret, 32 bytes.
  func token(_ digest: [UInt8]) throws(StoreError) -> APIToken?
  /// In the order in which they were made; also those that are no longer valid.
  func tokens() throws(StoreError) -> [APIToken]
  func insert(_ token: APIToken, digest: [UInt8]) throws(StoreError)
  func setUsed(token prefix: String, at time: Int64) throws(StoreError)
  func revoke(token prefix: String, at time: Int64) throws(StoreError)
}

/// A store that keeps who may come in beside the execution log.
package protocol AccessStore: LogStore where Transaction: AccessTransaction {
  /// Runs `body` on one consistent state; what it writes is refused. May be called within another read or a write of the same
  /// store, and sees what was committed before that.
  func readAccess<Value>(_ body: (Transaction) throws -> Value) throws -> Value
  /// A number that is another one after every change of an account.
  func accountGeneration() throws(StoreError) -> Int64
}
