import Testing

@testable import StellaLua

@Suite("Traced lines") struct TraceTests {
  private static let source = """
    function(e, s)
      local sum = 0
      for i = 1, 1000 do
        if i % 2 == 0 then
          sum = sum + i
        elseif i > 5000 then
          sum = 0
        end
      end
      return sum
    end
    """

  @Test("The lines that ran are told once, and the steps are those of a call that nobody traces") func lines() throws {
    let plain = try Fixture()
    let traced = try Fixture()
    #expect(try plain.call(plain.function(Self.source)) == .integer(250_500))
    #expect(plain.state.takeLines() == [])
    let function = try traced.function(Self.source)
    traced.state.traceLines(upTo: 11)
    #expect(try traced.call(function) == .integer(250_500))
    #expect(traced.state.usage.lastSteps == plain.state.usage.lastSteps)
    let lines = traced.state.takeLines()
    #expect(Set([2, 3, 4, 5, 6, 10]).isSubset(of: lines) && !lines.contains(7) && !lines.contains(11))
    #expect(traced.state.takeLines() == [])
  }

  @Test("A call that is killed tells its lines too, and the next one as well") func killed() throws {
    let fixture = try Fixture()
    let spin = try fixture.function("function(e, s)\n  while true do\n    s.x = 1\n  end\nend")
    fixture.state.traceLines(upTo: 5)
    #expect(throws: LuaError.self) { try fixture.call(spin) }
    #expect(fixture.state.takeLines().contains(3))
    #expect(throws: LuaError.self) { try fixture.call(spin) }
    #expect(fixture.state.takeLines().contains(3))
  }
}
