import Testing

@testable import StellaServer

@Suite("What became of syslog messages, in words")
struct SyslogFiguresTests {
  @Test("One of something is told as one")
  func losses() {
    var figures = SyslogFigures()
    #expect(figures.losses().isEmpty)
    (figures.truncated, figures.refusedSenders, figures.refusedConnections) = (1, 1, 1)
    #expect(
      figures.losses() == "1 message cut, too long or ended too early, 1 datagram or connection of a sender that isn't "
        + "allowed, 1 connection over the limit")
    var more = figures
    (more.truncated, more.refusedSenders, more.kernelDrops) = (3, 4, 2)
    #expect(
      more.losses(since: figures)
        == "2 datagrams dropped by the kernel, whose buffer was full, 2 messages cut, too long "
        + "or ended too early, 3 datagrams or connections of senders that aren't allowed")
  }
}
