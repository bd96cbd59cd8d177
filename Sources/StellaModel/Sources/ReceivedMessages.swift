/// Messages as they came over the network, one behind the other in one piece of memory, each with who sent it.
package struct ReceivedMessages: Sendable, Hashable {
  private struct Entry: Sendable, Hashable {
    var start: Int
    var count: Int
    var peer: Int
  }

  package private(set) var bytes: [UInt8] = []
  private var entries: [Entry] = []
  private var peers: [String] = []

  package init() {}

  package var count: Int { entries.count }
  package var isEmpty: Bool { entries.isEmpty }

  /// Adds a message. O(bytes).
  ///
  /// - Parameter peer: the address of the sender, without its port.
  package mutating func append(_ message: some Collection<UInt8>, from peer: String) {
    if peers.last != peer { peers.append(peer) }
    entries.append(Entry(start: bytes.count, count: message.count, peer: peers.count - 1))
    bytes.append(contentsOf: message)
  }

  /// Where message `index` lies in ``bytes``.
  package func range(_ index: Int) -> Range<Int> {
    entries[index].start..<entries[index].start + entries[index].count
  }

  /// Who sent message `index`.
  package func peer(_ index: Int) -> String { peers[entries[index].peer] }
}
