import Logging
import StellaModel
import Testing

@testable import StellaDetection
@testable import StellaEngine
@testable import StellaLogging

@Suite("Personal data of log calls")
struct RecordMaskingTests {
  static let pieces = [
    "order 17 done", "kim@example.org", "Bearer abcdef0123456789", "card 4111111111111111", "10.1.2.3", "::1 fe80::1",
    "redis://:RedisPw77@cache", "tab\t\"quote\" \\ ünï", "", "password=hunter22", "plain",
  ]
  static let names = ["user_id", "status", "note", "password", "api_key", "message", "service", "peer", "route"]
  static let maskings: [Masking] = [
    Masking(kinds: [.email, .token, .card]), Masking(kinds: .all), Masking(kinds: []),
    Masking(kinds: [.email], hashedFields: ["user_id"], key: Array("0123456789abcdef".utf8)),
    // Fields that each record has itself are asked for by their names, too.
    Masking(kinds: [.email], hashedFields: ["service", "logger"], key: Array("0123456789abcdef".utf8)),
  ]

  private struct Failed: Error, CustomStringConvertible { let description: String }

  private func value(_ random: inout some RandomNumberGenerator, depth: Int = 0) -> Logger.MetadataValue {
    switch Int.random(in: 0..<(depth > 1 ? 3 : 5), using: &random) {
    case 0: .stringConvertible(Int.random(in: 0...9_999_999_999_999_999, using: &random))
    case 1, 2: .string(Self.pieces.randomElement(using: &random) ?? "")
    case 3: .array((0..<2).map { _ in value(&random, depth: depth + 1) })
    default: .dictionary([Self.names.randomElement(using: &random) ?? "": value(&random, depth: depth + 1)])
    }
  }

  @Test("A record is masked as its line would be, wherever the personal data stands", arguments: maskings.indices)
  func same(_ place: Int) throws {
    let masking = Self.maskings[place]
    let (plain, masked) = (LogBuffer(capacityBytes: 8192), LogBuffer(capacityBytes: 8192))
    let (plainReader, maskedReader) = (
      LogReader(source: LogBufferSource(plain)),
      LogReader(source: LogBufferSource(masked, masking: masking), readBytes: 100)
    )
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let masker = Masker(masking)
    var changed = 0
    for _ in 0..<400 {
      let label = Bool.random(using: &random) ? "shop.api" : Self.pieces.randomElement(using: &random) ?? ""
      let service = Bool.random(using: &random) ? nil : Self.pieces.randomElement(using: &random)
      let message = (0..<2).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined(separator: " ")
      let entries = (0..<3).map { _ in (Self.names.randomElement(using: &random) ?? "", value(&random)) }
      let error =
        Bool.random(using: &random) ? nil : Failed(description: Self.pieces.randomElement(using: &random) ?? "")
      let file = Bool.random(using: &random) ? "Shop/Orders.swift" : "Shop/kim@example.org.swift"
      for buffer in [plain, masked] {
        let logger = Logger(label: label) {
          StellaLogHandler(label: $0, service: service, buffer: buffer, clock: { StellaLogHandlerTests.time })
        }
        logger.log(
          level: .error, "\(message)", error: error, metadata: Dictionary(entries) { $1 }, file: file, line: 7)
        buffer.append(Array("{\"message\":\"\(label)\",\"user_id\":\"kim@example.org\"}\n".utf8), time: 0)
      }
      let lines = try plainReader.records().lines
      let expected = lines.map { String(decoding: masker.masked(Array($0.utf8)), as: UTF8.self) }
      #expect(try maskedReader.records().lines == expected, "seed \(seed)")
      if lines != expected { changed += 1 }
    }
    #expect(changed > 100 || masking.kinds.isEmpty)
  }
}
