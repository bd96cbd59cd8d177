import StellaModel
import Testing

@testable import StellaLogging

@Suite("The buffer between log calls and the engine")
struct LogBufferTests {
  @Test("Bytes come out as they went in, for every size of record and of read, also around the ring's end")
  func ring() throws {
    let buffer = LogBuffer(capacityBytes: 1024)
    let source = LogBufferSource(buffer)
    let seed: UInt64 = 1_411
    print("seed \(seed)")
    var random = SplitMix(state: seed)
    var written: [UInt8] = []
    var read: [UInt8] = []
    for _ in 0..<4_000 {
      if Bool.random(using: &random) {
        let record = (0..<Int.random(in: 0...400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        if written.count - read.count + record.count <= 1024 {
          #expect(buffer.append(record, time: 0))
          written += record
        }
      } else {
        var chunk = [UInt8](repeating: 0, count: Int.random(in: 1...500, using: &random))
        switch try chunk.withUnsafeMutableBytes({ try source.read(into: $0) }) {
        case .bytes(let count): read += chunk[..<count]
        default: #expect(read.count == written.count)
        }
        #expect(source.position.offset == Int64(read.count))
      }
    }
    #expect(read == Array(written.prefix(read.count)) && read.count > 50_000)
    #expect(buffer.drops == LogBuffer.Drops())
  }

  @Test("A record that is larger than the buffer is dropped whole, and the ones around it stay whole")
  func tooLarge() throws {
    let buffer = LogBuffer(capacityBytes: 1024)
    #expect(buffer.append(Array("a\n".utf8), time: 0))
    #expect(!buffer.append(Array(repeating: 65, count: 1025), time: 0))
    #expect(buffer.append(Array("b\n".utf8), time: 0))
    let lines = try LogReader(source: LogBufferSource(buffer)).records().lines
    #expect(lines.count == 3 && lines[0] == "a" && lines[1].contains(#""dropped":1"#) && lines[2] == "b")
  }

  @Test("A closed buffer gives what it has, then its end, and counts what comes too late")
  func closed() throws {
    let buffer = LogBuffer()
    buffer.append(Array("a\n".utf8), time: 0)
    let source = LogBufferSource(buffer, name: "app")
    source.close()
    #expect(!buffer.append(Array("late\n".utf8), time: 0))
    let (lines, outcome) = try LogReader(source: source).records()
    #expect(lines.first == "a" && lines.last?.contains(#""dropped":1"#) == true && outcome == .end)
    #expect(buffer.drops.full == 1)
    #expect(source.name == "app" && source.key == "app" && source.position.identity == nil)
  }

  /// SplitMix64 (Steele, Lea, Flood 2014).
  struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}
