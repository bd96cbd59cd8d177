import Testing

@testable import StellaCommands
@testable import StellaServer

@Suite("Figures of sources over the network")
struct SourceFiguresTests {
  @Test("Where nothing is declared there are none, and else the losses of each kind, which together are what was lost")
  func added() {
    var metrics = MetricsText()
    SourceFigures().add(to: &metrics)
    #expect(metrics.text.isEmpty)
    var figures = SourceFigures(syslog: SyslogFigures(), journald: (entries: 7, leftOut: 1))
    figures.syslog?.kernelDrops = 3
    figures.polls = [
      .init(kind: "probe", runs: 5, failing: 1, dropped: 0), .init(kind: "scrape", runs: 6, failing: 0, dropped: 2),
    ]
    figures.add(to: &metrics)
    for line in [
      #"stella_syslog_dropped_messages_total{reason="kernel"} 3"#, "stella_journald_entries_total 7",
      "stella_journald_dropped_entries_total 1", #"stella_polls_total{kind="probe"} 5"#,
      #"stella_polls_failing{kind="probe"} 1"#, #"stella_poll_dropped_events_total{kind="scrape"} 2"#,
    ] {
      #expect(metrics.text.contains(line + "\n"), "\(metrics.text)")
    }
    #expect(figures.lost == 6 && SourceFigures().lost == 0)
  }
}
