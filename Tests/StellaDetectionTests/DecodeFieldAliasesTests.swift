import StellaModel
import Testing

@testable import StellaDetection

@Suite struct DecodeFieldAliasesTests {
  @Test func `no two fields share a name, and every name has its place in the order`() {
    var names: Set<String> = []
    for field in FieldAliases.fields {
      #expect(names.insert(field.name).inserted, "\(field.name)")
      let sources = field.sources.map(\.name)
      #expect(Set(sources).count == sources.count, "\(field.name)")
      #expect(!sources.contains(field.name), "\(field.name)")
      // The JSON decoder keeps priorities in seven bits.
      #expect(FieldPath.candidates(of: field.name).count <= 127, "\(field.name)")
    }
  }

  @Test func `every alias reaches its canonical field, in JSON, alone and before those after it`() {
    for field in FieldAliases.fields where field.name != "time" && field.name != "level" {
      for (place, source) in field.sources.enumerated() {
        let value = source.conversion == .durationText ? "\"5ms\"" : "7"
        var line = "{\"\(source.name)\":\(value)"
        for later in field.sources[(place + 1)...] { line += ",\"\(later.name)\":\"later\"" }
        line += "}"
        let decoded = DecodedLines([line], decoder: JSONLineDecoder(), columns: [field.name])
        let expected: FieldValue =
          switch source.conversion {
          case .seconds: .double(7000)
          case .microseconds: .double(0.007)
          case .nanoseconds: .double(0.000007)
          case .durationText: .double(5)
          default: .integer(7)
          }
        #expect(decoded.rows.first?[field.name] == expected, "\(line)")
      }
    }
  }

  @Test func `the reference table lists every field and every alias`() {
    let table = FieldAliases.markdown() + TextField.markdown()
    for field in FieldAliases.fields {
      #expect(table.contains("| `\(field.name)` |"))
      for source in field.sources { #expect(table.contains("`\(source.name)`")) }
    }
    for field in TextField.allCases { #expect(table.contains("| `\(field.name)` | \(field.meaning)")) }
  }

  @Test func `dotted names split from the literal to full nesting`() {
    #expect(FieldPath.splits(of: "a.b.c") == [["a.b.c"], ["a", "b.c"], ["a", "b", "c"]])
    #expect(FieldPath.splits(of: "a") == [["a"]])
  }
}
