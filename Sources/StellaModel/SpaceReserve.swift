/// Space that is set aside before an effect, so that its outcome can be recorded on a full disk.
package protocol SpaceReserve: Sendable {
  /// - Throws: ``StoreError`` `full`, after which no effect may begin; `unavailable`.
  func take() throws(StoreError)
  /// Gives the space to whoever writes next.
  func giveUp() throws(StoreError)
}
