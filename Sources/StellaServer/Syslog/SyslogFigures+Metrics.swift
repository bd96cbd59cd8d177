extension SyslogFigures {
  package func add(to metrics: inout MetricsText) {
    func each(_ name: String, _ meaning: String, _ counts: [(reason: String, count: Int)]) {
      metrics.add(
        name, .counter, meaning, counts.map { .init(labels: [.init("reason", $0.reason)], value: Double($0.count)) })
    }
    metrics.add("stella_syslog_messages_total", .counter, "Syslog messages that were taken in.", messages)
    metrics.add(
      "stella_syslog_cut_messages_total", .counter, "Syslog messages that were too long or ended too early.", truncated)
    each(
      "stella_syslog_dropped_messages_total",
      "Syslog messages that were lost: dropped by the kernel, without a place in the queue, or unwritten at the end.",
      [("kernel", kernelDrops), ("queue", droppedDatagrams), ("end", lost)])
    each(
      "stella_syslog_refused_total",
      "Datagrams and connections of senders that aren't allowed, and connections over the limit.",
      [("sender", refusedSenders), ("limit", refusedConnections)])
    each(
      "stella_syslog_closed_connections_total",
      "Connections that were closed: in the middle of a message, after a long silence, or without TLS.",
      [("slow", slowConnections), ("idle", idleConnections), ("handshake", failedHandshakes)])
  }
}
