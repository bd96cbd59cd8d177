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

  @Test("Each count is a figure for Prometheus, under a reason of its own")
  func metrics() throws {
    var figures = SyslogFigures()
    (figures.messages, figures.truncated, figures.droppedDatagrams, figures.kernelDrops, figures.lost) = (1, 2, 3, 4, 5)
    (figures.refusedSenders, figures.refusedConnections) = (6, 7)
    (figures.slowConnections, figures.idleConnections, figures.failedHandshakes) = (8, 9, 10)
    var metrics = MetricsText()
    figures.add(to: &metrics)
    let samples = try ExpositionParser.samples(metrics.text)
    #expect(samples.map(\.value) == ["1", "2", "4", "3", "5", "6", "7", "8", "9", "10"])
    let kernel = samples.filter { $0.labels == ["reason": "kernel"] }
    #expect(kernel.map(\.name) == ["stella_syslog_dropped_messages_total"])
  }
}
