import StellaModel
import StellaRemediation
import Testing

@testable import StellaCommands

@Suite("What a server sent for the terminal")
struct ReceivedTextTests {
  @Test("Our own screens arrive as they are, whatever data is in them", arguments: ScreenSpoofTests.corpus)
  func own(hostile: String) throws {
    for (name, report) in try ScreenSpoofTests.reports(hostile) {
      for hasColor in [false, true] {
        let screen = RunScreen(report: report, terminal: Terminal(columns: 80, hasColor: hasColor)).text()
        #expect(ReceivedText.screen(screen, hasColor: hasColor) == screen, "\(name)")
      }
      let list = RunTable(terminal: Terminal(columns: 100, hasColor: true)).text([report], freeze: nil, now: 0)
      #expect(ReceivedText.screen(list, hasColor: true) == list, "\(name)")
      let json = RunJSON.full(report) + "\n"
      #expect(ReceivedText.json(json) == json, "\(name)")
    }
  }

  @Test("Anything else can do nothing to a terminal", arguments: ScreenSpoofTests.corpus)
  func others(hostile: String) {
    let text = "\u{1b}[1mbold\u{1b}[0m " + hostile + "\u{1b}[31m"
    let plain = ReceivedText.screen(text, hasColor: false)
    #expect(!plain.unicodeScalars.contains("\u{1b}") && TextEscaping.block(plain) == plain)
    let styled = ReceivedText.screen(text, hasColor: true)
    let rest = styled.replacing("\u{1b}[1m", with: "").replacing("\u{1b}[31m", with: "").replacing(
      "\u{1b}[0m", with: "")
    #expect(TextEscaping.block(rest) == rest && styled.hasSuffix("\u{1b}[0m"))
    let json = ReceivedText.json(hostile)
    #expect(!json.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
  }

  @Test(
    "Only the styles that our screens use pass",
    arguments: [
      "\u{1b}[5m", "\u{1b}[8m", "\u{1b}[m", "\u{1b}[1;8m", "\u{1b}[+1m", "\u{1b}[01m", "\u{1b}[38;5;1m", "\u{1b}[1",
      "\u{1b}[;m", "\u{1b}[1 m", "\u{1b}[?1m", "\u{1b}\u{1b}[1x",
    ])
  func styles(sequence: String) {
    #expect(!ReceivedText.screen("a" + sequence + "b", hasColor: true).unicodeScalars.contains("\u{1b}"))
  }
}
