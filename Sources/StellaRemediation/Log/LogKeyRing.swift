import StellaModel

/// The keys of a log in the order in which each named the next, and which of them may be trusted.
package struct LogKeyRing {
  /// Each with the size of the first checkpoint that it signs.
  package private(set) var keys: [(from: Int64, key: LogPublicKey)] = []
  /// The first one that somebody vouches for, and with it all after; nil when there is none.
  private(set) var firstTrusted: Int?
  private(set) var opening: LogOpening?
  package private(set) var faults: [LogFault] = []

  package init(_ outline: LogOutline, trusted: [LogPublicKey]) {
    guard let opening = LogOpening(outline) else {
      faults.append(.opening)
      return
    }
    self.opening = opening
    keys = [(1, opening.key)]
    for rotation in outline.rotations {
      let (from, old) = keys[keys.count - 1]
      guard rotation.number > from, rotation.isSigned(by: old, log: outline.log), let new = LogPublicKey(rotation.key)
      else {
        faults.append(.rotation(number: rotation.number))
        break
      }
      keys.append((rotation.number, new))
    }
    firstTrusted = keys.firstIndex { trusted.contains($0.key) }
    if firstTrusted == nil, !trusted.isEmpty { faults.append(.wrongKey) }
  }

  /// The key that signs now; nil when the log's opening is damaged.
  package var newest: LogPublicKey? { keys.last?.key }

  /// What is wrong with the signature of a checkpoint of this log, or whether its key is trusted. O(keys).
  func check(_ checkpoint: LogCheckpoint) -> Result<Bool, SignatureFault> {
    guard let index = keys.lastIndex(where: { $0.from <= checkpoint.size }), keys[index].key.id == checkpoint.key else {
      return .failure(SignatureFault(problem: .key))
    }
    guard checkpoint.isSigned(by: keys[index].key) else { return .failure(SignatureFault(problem: .signature)) }
    return .success(firstTrusted.map { $0 <= index } ?? false)
  }

  struct SignatureFault: Error {
    let problem: LogFault.Problem
  }
}
