import StellaEngine
import StellaModel
import StellaServer

/// How a system is, on a screen. Everything from data is escaped.
enum HealthText {
  /// Findings when it isn't healthy, so that scripts see it.
  static func answer(_ sample: HealthSample, _ layout: AnswerLayout) -> OperatorAnswer {
    var answer = OperatorAnswer()
    answer.body =
      switch layout {
      case .json: sample.value.json + "\n"
      case .text: screen(sample, layout.terminal)
      }
    if sample.status != .healthy { answer.status = .findings }
    return answer
  }

  private static func screen(_ sample: HealthSample, _ terminal: Terminal) -> String {
    var lines = ScreenLines(terminal)
    let time = ScreenTime(now: sample.time)
    lines.field("Health", "\(sample.score) of 100, \(sample.status.rawValue)")
    for (place, reason) in sample.reasons.enumerated() {
      let since = reason.since.map { ", since \(time.clock($0))" } ?? ""
      lines.paragraph(
        place == 0 ? "Reasons" : "", "-\(reason.points)  \(TextEscaping.oneLine(reason.text, limit: 400))\(since)")
    }
    let errors = "errors \(share(sample.errorRate))\(tooFew(sample))"
    lines.field("Events", "\(rate(sample.eventsPerSecond)) a second, \(errors)")
    lines.field("Users", "\(sample.activeUsers) within 15 minutes")
    lines.field("Up", ScreenTime.length(sample.uptime))
    return lines.text
  }

  /// An error rate that takes no points although it is high enough.
  private static func tooFew(_ sample: HealthSample) -> String {
    guard let rate = sample.errorRate, HealthScore.takesPoints(errors: rate),
      !sample.reasons.contains(where: { $0.code == "errors.rate" })
    else { return "" }
    return " (too few events to judge: fewer than \(HealthScore.leastJudged) in 5 minutes)"
  }

  static func history(_ samples: [HealthSample], _ time: ScreenTime, _ terminal: Terminal) -> String {
    guard !samples.isEmpty else {
      return "No sample fits. `stella serve` takes one a minute.\n"
    }
    var table = TextTable([
      .init("TIME"), .init("SCORE", .right), .init("STATUS"), .init("EVENTS/S", .right), .init("ERRORS", .right),
      .init("USERS", .right), .init("MAIN REASON", isFlexible: true),
    ])
    for sample in samples {
      table.add([
        time.clock(sample.time), String(sample.score), sample.status.rawValue, rate(sample.eventsPerSecond),
        share(sample.errorRate), String(sample.activeUsers), sample.reasons.first?.text ?? "",
      ])
    }
    return table.text(for: terminal)
  }

  static func findings(_ findings: [HealthFinding], _ time: ScreenTime, _ terminal: Terminal) -> String {
    guard !findings.isEmpty else { return "No finding fits. `stella serve` looks every five minutes.\n" }
    var lines = ScreenLines(terminal)
    for (place, finding) in findings.enumerated() {
      if place > 0 { lines.line() }
      lines.line("\(finding.id)  \(finding.severity.rawValue)  \(finding.status.rawValue)", .bold)
      lines.paragraph("Finding", TextEscaping.oneLine(finding.title, limit: 200))
      lines.paragraph("Measured", TextEscaping.oneLine(finding.detail, limit: 600))
      lines.paragraph("Do", TextEscaping.oneLine(finding.recommendation, limit: 400))
      lines.field("Seen", "\(time.clock(finding.firstSeen)) – \(time.clock(finding.lastSeen))")
      if let remark = finding.acknowledged {
        lines.field(
          "Ack",
          "\(ScreenText.name(remark.by)) \(time.clock(remark.time)) \(ScreenText.quoted(remark.reason, width: 200))")
      }
      if let closed = finding.closedAt { lines.field("Closed", time.clock(closed)) }
    }
    return lines.text
  }

  private static func rate(_ value: Double) -> String {
    value >= 100 ? String(Int(value.rounded())) : "\((value * 10).rounded() / 10)"
  }

  private static func share(_ value: Double?) -> String {
    guard let value else { return "–" }
    return "\((value * 1000).rounded() / 10)%"
  }
}
