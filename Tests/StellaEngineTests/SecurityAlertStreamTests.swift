import Foundation
import StellaModel
import Testing

@testable import StellaEngine

/// The shipped rules on AIT-ADS: days of alerts from three intrusion detection systems, with labelled attacks.
///
/// A phase is what has one label without a pause over ten minutes. It is found when an alarm lies in it, give or take a
/// minute; alarms in no phase are false. The first day counts for neither. Rows that are the same in all columns are fed
/// once, a tenth of all, for the sake of time; all of them gave the same figures. The floors may only rise.
@Suite(.serialized) struct SecurityAlertStreamTests {
  private struct Phase {
    var first: Int
    var last: Int

    func holds(_ time: Int) -> Bool { time >= first - 60 && time <= last + 60 }
  }

  private struct Run {
    var log: [UInt8] = []
    var phases: [Phase] = []
    var first = Int.max
    var last = 0
  }

  @Test func attacksOnASiteAreFoundWithFewFalseAlarms() throws {
    let start = ContinuousClock.now
    var (found, all, wrongly, days) = (0, 0, 0, 0.0)
    for name in ["fox", "russellmitchell", "shaw", "wheeler"] {
      guard let text = try CorpusFolder.distinctLines("aitads/\(name)_alerts.csv.xz") else { return }
      let run = SecurityAlertStreamTests.run(text)
      let times = try CorpusRun.fired([.init(bytes: run.log)])[0]
        .map { Int($0.lastSeen / 1_000_000_000) }.filter { $0 >= run.first + 86_400 }
      let hits = run.phases.filter { phase in times.contains(where: phase.holds) }.count
      let wrong = times.filter { time in !run.phases.contains { $0.holds(time) } }.count
      let length = Double(run.last - run.first) / 86_400 - 1
      print("AIT-ADS \(name): \(hits) of \(run.phases.count) phases, \(wrong) false alarms in \(length) days")
      found += hits
      all += run.phases.count
      wrongly += wrong
      days += length
    }
    let rate = Double(wrongly) / days
    print("AIT-ADS: \(found) of \(all) phases at \(rate) false alarms a day, in \(ContinuousClock.now - start)")
    #expect(all == 42)
    #expect(found >= 30)
    #expect(rate <= 1.5)
  }

  /// CSV rows as JSON lines without the labels. No column holds a comma or a quote.
  private static func run(_ text: String) -> Run {
    var run = Run()
    var open: [Substring: Int] = [:]
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      let cells = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      guard cells.count == 7, let time = Int(Substring(cells[0])) else { continue }
      run.log += "{\"time\":".utf8
      run.log += cells[0]
      for (name, cell) in zip(["name", "ip", "host", "short"], cells[1...]) {
        run.log += ",\"\(name)\":\"".utf8
        run.log += cell
        run.log.append(UInt8(ascii: "\""))
      }
      run.log += "}\n".utf8
      run.first = min(run.first, time)
      run.last = max(run.last, time)
      let label = Substring(cells[5])
      if label == "false_positive" { continue }
      if let phase = open[label], time - run.phases[phase].last <= 600 {
        run.phases[phase].last = time
      } else {
        open[label] = run.phases.count
        run.phases.append(Phase(first: time, last: time))
      }
    }
    return run
  }
}
