import Testing

@testable import StellaDetection

@Suite("Saved state")
struct DetectStateTests {
  @Test("what was written is read back, in order and to the bit")
  func roundTrip() throws {
    let writer = StateWriter()
    let column: [UInt32] = [7, 0, .max]
    writer.write(-5)
    writer.write(Int64.min)
    writer.write(-0.0)
    writer.write(Double.nan)
    writer.write(true)
    writer.write("zwölf")
    writer.write(bytes: [1, 2])
    column.withUnsafeBufferPointer { writer.write(column: $0.baseAddress!, count: 3) }
    var reader = StateReader(writer.bytes)
    #expect(try reader.integer() == -5)
    #expect(try reader.integer() == .min)
    #expect(try reader.double().sign == .minus)
    #expect(try reader.double().isNaN)
    #expect(try reader.bool())
    #expect(try reader.text() == "zwölf")
    #expect(Array(try reader.slice()) == [1, 2])
    #expect(try reader.column(of: UInt32.self) == column)
    #expect(reader.isAtEnd)
  }

  @Test("a cut or changed state is an error at every length, never a trap")
  func cut() throws {
    let writer = StateWriter()
    writer.write("key")
    writer.write(9)
    writer.write(bytes: [1, 2, 3])
    for length in 0..<writer.count {
      var reader = StateReader(UnsafeRawBufferPointer(rebasing: writer.bytes[0..<length]))
      #expect(throws: StateError.self) {
        _ = try reader.text()
        _ = try reader.integer()
        _ = try reader.slice()
      }
    }
    let negative = StateWriter()
    negative.write(-1)
    var reader = StateReader(negative.bytes)
    #expect(throws: StateError.self) { _ = try reader.slice() }
    reader = StateReader(negative.bytes)
    #expect(throws: StateError.self) { _ = try reader.number(in: 0...10) }
  }
}
