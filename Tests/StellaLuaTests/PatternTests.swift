import CStellaLua
import Testing

@testable import StellaLua

@Suite("Patterns") struct PatternTests {
  @Test("Random patterns give what Lua's own matcher gives; only malformed ones may be refused more often")
  func differential() {
    let seed = UInt64.random(in: 0...UInt64.max)
    let report = stella_lua_compare_patterns(seed, 420_000)
    let example = withUnsafeBytes(of: report.example) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    print(
      "patterns: seed \(seed): \(report.compared) calls agree, \(report.rejected) refused by both,",
      "\(report.stricter) malformed refused by the sandbox alone, \(report.different) differ")
    #expect(report.different == 0, "seed \(seed): \(example)")
    #expect(report.compared > 1_000_000)
    #expect(report.rejected > 1_000)
  }
}
