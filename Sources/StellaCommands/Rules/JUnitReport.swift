import StellaEngine
import StellaModel

/// Results of tests as JUnit XML, as CI systems read it: one suite a file.
enum JUnitReport {
  static func xml(_ report: RuleTestReport) -> String {
    var files: [String] = []
    for test in report.cases where !files.contains(test.file) { files.append(test.file) }
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text +=
      "<testsuites tests=\"\(report.cases.count)\" failures=\"\(report.failures)\" errors=\"\(report.errors.count)\">\n"
    for file in files {
      let cases = report.cases.filter { $0.file == file }
      let failures = cases.count { !$0.passed }
      text += "  <testsuite name=\(quoted(file)) tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\">\n"
      for test in cases {
        let start =
          "    <testcase classname=\(quoted(file)) name=\(quoted(test.name)) file=\(quoted(file)) line=\"\(test.line)\""
        if test.passed {
          text += start + "/>\n"
        } else {
          let message = test.message ?? "failed"
          let first = message.split(separator: "\n").first.map(String.init) ?? message
          text += start + ">\n      <failure message=\(quoted(first))>\(escaped(message))</failure>\n    </testcase>\n"
        }
      }
      text += "  </testsuite>\n"
    }
    for error in report.errors {
      text += "  <testsuite name=\(quoted(error.file)) tests=\"1\" failures=\"0\" errors=\"1\">\n"
      text +=
        "    <testcase classname=\(quoted(error.file)) name=\"loads\" file=\(quoted(error.file)) line=\"\(error.line)\">\n"
      text +=
        "      <error type=\(quoted(error.code)) message=\(quoted(error.message))>\(escaped(error.description))</error>\n"
      text += "    </testcase>\n  </testsuite>\n"
    }
    return text + coverage(report) + "</testsuites>\n"
  }

  /// JUnit has no word for lines that ran: a suite without tests has them as properties, one a rule file and one for all.
  private static func coverage(_ report: RuleTestReport) -> String {
    guard let total = report.totalLines else { return "" }
    func property(_ name: String, _ value: String) -> String {
      "      <property name=\(quoted(name)) value=\(quoted(value))/>\n"
    }
    var text = "  <testsuite name=\"line coverage\" tests=\"0\" failures=\"0\" errors=\"0\">\n    <properties>\n"
    for rule in report.coverage {
      guard let lines = rule.lines, !lines.executable.isEmpty else { continue }
      text += property("lines \(rule.file)", "\(lines.run.count)/\(lines.executable.count)")
      if !lines.missed.isEmpty {
        text += property("missed \(rule.file)", CoverageText.ranges(lines.missed, among: lines.executable))
      }
    }
    return text + property("lines total", "\(total.run)/\(total.executable)") + "    </properties>\n  </testsuite>\n"
  }

  private static func quoted(_ text: String) -> String { "\"" + escaped(text, isAttribute: true) + "\"" }

  /// What XML 1.0 can't hold at all, such as control characters, becomes a visible escape.
  private static func escaped(_ text: String, isAttribute: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n": result += isAttribute ? "&#10;" : "\n"
      case _ where scalar.value < 0x20 || (0xfffe...0xffff).contains(scalar.value):
        result += TextEscaping.oneLine(String(scalar))
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
