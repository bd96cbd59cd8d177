import StellaModel
import Testing

@testable import StellaCommands

@Suite("Lines of styled words")
struct StyledLineTests {
  private func line(_ words: [String]) -> StyledLine {
    words.reduce(into: StyledLine()) { $0.add(.init($1, .cyan)) }
  }

  @Test("Without a terminal it is one line, without colours")
  func plain() {
    let words = (0..<500).map { "w\($0)" }
    #expect(line(words).text(for: Terminal(columns: nil, hasColor: false)) == words.joined(separator: " "))
  }

  @Test("On a terminal no line is wider than it, and no later one begins at its edge", arguments: [20, 33, 80, 200])
  func wrapped(columns: Int) {
    var random = SplitMix64(state: UInt64(columns))
    for _ in 0..<200 {
      let letters = Array("aé日")
      let words = (0...random.below(30)).map { _ in
        String((0..<random.below(90)).map { _ in letters[random.below(letters.count)] })
      }
      for hasColor in [true, false] {
        let text = line(words).text(for: Terminal(columns: columns, hasColor: hasColor))
        let lines = text.replacing(#/\u{1b}\[[0-9;]*m/#, with: "").split(
          separator: "\n", omittingEmptySubsequences: false)
        for shown in lines { #expect(ScreenText.columns(String(shown)) <= columns, "seed \(columns): \(shown)") }
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    ") }, "seed \(columns)")
        let shown = lines.joined().filter { $0 != " " }
        #expect(shown == words.joined(), "seed \(columns)")
      }
    }
  }
}
