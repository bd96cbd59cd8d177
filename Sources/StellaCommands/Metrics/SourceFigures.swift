import StellaServer

/// What the declared sources over the network have brought, and what of it was lost.
struct SourceFigures: Sendable {
  struct Polls: Sendable {
    /// `probe` or `scrape`.
    var kind: String
    var runs: Int
    var failing: Int
    var dropped: Int
  }

  var syslog: SyslogFigures?
  var journald: (entries: Int, leftOut: Int)?
  var polls: [Polls] = []

  /// What was lost of all kinds. Only grows.
  var lost: Int {
    let messages = syslog.map { $0.droppedDatagrams + $0.kernelDrops + $0.lost } ?? 0
    return messages + (journald?.leftOut ?? 0) + polls.reduce(0) { $0 + $1.dropped }
  }

  func add(to metrics: inout MetricsText) {
    syslog?.add(to: &metrics)
    if let journald {
      metrics.add("stella_journald_entries_total", .counter, "Entries of systemd's journal.", journald.entries)
      metrics.add(
        "stella_journald_dropped_entries_total", .counter, "Entries that were left out, because they were too long.",
        journald.leftOut)
    }
    func each(_ name: String, _ kind: MetricsText.Kind, _ meaning: String, _ value: (Polls) -> Int) {
      metrics.add(
        name, kind, meaning, polls.map { .init(labels: [.init("kind", $0.kind)], value: Double(value($0))) })
    }
    each("stella_polls_total", .counter, "Questions to declared services and endpoints.") { $0.runs }
    each("stella_polls_failing", .gauge, "Of what is asked, how much answered badly the last time.") { $0.failing }
    each("stella_poll_dropped_events_total", .counter, "Events of answers that could not be kept.") { $0.dropped }
  }
}
