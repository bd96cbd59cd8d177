import Foundation
import Testing

@Suite("stella rules import prometheus")
struct RulesImportPrometheusTests {
  private static let alerts = """
    groups:
      - name: load
        interval: 30s
        rules:
          - alert: HighLoad
            expr: node_load1{job="node"} > 5
            for: 1m
            labels: {severity: critical}
            annotations:
              summary: 'Load of {{ $labels.instance }} is {{ $value }}'
              runbook_url: https://runbooks.example.org/load

    """

  private func directory() throws -> CommandDirectory {
    let directory = try CommandDirectory()
    try directory.write("alerts.yml", RulesImportPrometheusTests.alerts)
    return directory
  }

  private func samples(_ load: Int, _ format: (String, Int) -> String) -> String {
    (0..<10).map { format("2026-01-01T00:0\($0 / 2):\($0 % 2 == 0 ? "00" : "30")Z", load) + "\n" }.joined()
  }

  @Test("An alert becomes a rule that lint has nothing against, that fires, and that is not written over")
  func converted() throws {
    let directory = try directory()
    let arguments = ["rules", "import", "prometheus", "alerts.yml", "--to", "Imported"]
    let made = try directory.stella(arguments)
    #expect(made.status() == 0, "\(made.output)\(made.errors)")
    #expect(made.output.contains("1 converted to Imported, 1 of them with notes; 0 part of others; 0 refused"))
    let lint = try directory.stella(["rules", "lint", "--strict", "Imported"])
    #expect(lint.status() == 0, "\(lint.output)\(lint.errors)")
    let watch = ["watch", "--no-follow", "--rules", "Imported"]
    for (load, isFiring) in [(9, true), (5, false)] {
      try directory.write(
        "m.jsonl",
        samples(load) { "{\"time\":\"\($0)\",\"job\":\"node\",\"instance\":\"a\",\"node_load1\":\($1)}" })
      let run = try directory.stella(watch + ["m.jsonl"])
      #expect(run.status() == 0 && run.output.contains("Load of a is 9.00") == isFiring, "\(run.output)\(run.errors)")
    }
    let again = try directory.stella(arguments)
    #expect(again.status() == 4 && again.errors.contains("--force"))
    #expect(try directory.stella(arguments + ["--force"]).status() == 0)
  }

  @Test("Samples as pairs of name and value are found with --name, and labels where --label says")
  func pairs() throws {
    let directory = try directory()
    let made = try directory.stella([
      "rules", "import", "prometheus", "alerts.yml", "--to", "Imported", "--name", "metric", "--label", "labels.{}",
    ])
    #expect(made.status() == 0, "\(made.output)\(made.errors)")
    try directory.write(
      "m.jsonl",
      samples(9) {
        "{\"time\":\"\($0)\",\"metric\":\"node_load1\",\"value\":\($1),\"labels\":{\"job\":\"node\",\"instance\":\"a\"}}"
      })
    let run = try directory.stella(["watch", "--no-follow", "--rules", "Imported", "m.jsonl"])
    #expect(run.status() == 0 && run.output.contains("Load of a is 9.00"), "\(run.output)\(run.errors)")
  }

  @Test("What can't be converted is told with its expression, place and reason, and the others are written")
  func refused() throws {
    let directory = try directory()
    try directory.write(
      "more.yml", "groups: [{name: g, rules: [{alert: B, expr: 'topk(3, m) > 1'}, {alert: C, expr: m > 1}]}]\n")
    let arguments = ["rules", "import", "prometheus", "more.yml", "--to", "Imported"]
    let made = try directory.stella(arguments)
    #expect(made.status() == 1 && made.output.contains("topk(3, m) > 1") && made.output.contains("more.yml:1"))
    #expect(FileManager.default.fileExists(atPath: directory("Imported/more/C.lua")))
    let json = try directory.stella(arguments + ["--force", "--output", "json", "--report", "all.ndjson"])
    #expect(json.status() == 1)
    let line = try #require(json.lines.first)
    #expect(line.contains("\"reason\":\"function\"") && line.contains("\"expression\":\"topk"))
    #expect(try String(contentsOfFile: directory("all.ndjson"), encoding: .utf8) == json.output)
  }

  @Test(
    "Options that make no sense are told with what to write",
    arguments: [
      (["--value", "load"], "no field names the metric"), (["--label", "x"], "every label"),
      (["--interval", "soon"], "30s"), (["--interval", "1ms"], "less than a second"), (["--series", "a b,ü"], "ü"),
    ])
  func usage(options: [String], words: String) throws {
    let directory = try directory()
    let run = try directory.stella(["rules", "import", "prometheus", "alerts.yml", "--to", "x"] + options)
    #expect(run.status() == 3 && run.errors.contains(words), "\(run.errors)")
  }
}
