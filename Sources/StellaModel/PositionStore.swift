/// Keeps the positions of sources across restarts.
///
/// All calls may come from any thread. A failed call has changed nothing.
package protocol PositionStore: Sendable {
  /// Every saved position by the name of its source.
  func positions() throws(StoreError) -> [String: SourcePosition]

  /// Saves these positions, all or none, durably on return where the store is durable. Other sources' stay as they are.
  func save(_ positions: [String: SourcePosition]) throws(StoreError)

  /// Forgets these sources; unknown names are no error.
  func remove(_ sources: some Collection<String>) throws(StoreError)
}
