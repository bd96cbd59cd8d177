import StellaModel

/// What became of the syslog messages of a process. Counters only grow.
package struct SyslogFigures: Sendable, Hashable {
  /// Safe in the intake journal.
  package var messages = 0
  /// Of these, longer than may be, and kept in part.
  package var truncated = 0
  /// Datagrams that found no room because the disk or detection was behind.
  package var droppedDatagrams = 0
  /// Datagrams that the kernel dropped before they could be read, by its own count.
  package var kernelDrops = 0
  /// Datagrams and connections of senders that aren't allowed.
  package var refusedSenders = 0
  /// Connections beyond the limit.
  package var refusedConnections = 0
  /// Connections ended because a message didn't come to its end in time.
  package var slowConnections = 0
  /// Connections ended because they brought nothing for long.
  package var idleConnections = 0
  /// Connections that came to no TLS, or lost it.
  package var failedHandshakes = 0
  /// Messages that were read and could not be kept when the process ended.
  package var lost = 0

  /// What was lost or refused since `other`, in words; empty when nothing was.
  package func losses(since other: SyslogFigures = SyslogFigures()) -> String {
    let parts: [(count: Int, one: String, many: String, what: String)] = [
      (kernelDrops - other.kernelDrops, "datagram", "datagrams", "dropped by the kernel, whose buffer was full"),
      (droppedDatagrams - other.droppedDatagrams, "datagram", "datagrams", "dropped, because writing was behind"),
      (truncated - other.truncated, "message", "messages", "cut, too long or ended too early"),
      (
        refusedSenders - other.refusedSenders, "datagram or connection of a sender that isn't",
        "datagrams or connections of senders that aren't", "allowed"
      ),
      (refusedConnections - other.refusedConnections, "connection", "connections", "over the limit"),
      (slowConnections - other.slowConnections, "connection", "connections", "ended in the middle of a message"),
      (failedHandshakes - other.failedHandshakes, "connection", "connections", "that came to no TLS"),
      (lost - other.lost, "message", "messages", "lost at the end"),
    ]
    return parts.filter { $0.count > 0 }.map { "\(CountText.count($0.count, $0.one, $0.many)) \($0.what)" }
      .joined(separator: ", ")
  }
}
