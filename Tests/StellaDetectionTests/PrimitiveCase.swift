import CStellaValue
import StellaModel
import StellaScripting

@testable import StellaDetection

/// One kind of native state, how a test feeds it and what it then tells.
struct PrimitiveCase: Sendable, CustomStringConvertible {
  let description: String
  let make: @Sendable () -> any Primitive
  let act: @Sendable (any Primitive, _ slot: Int, _ time: Int64, inout DetectRandom) -> Void
  let show: @Sendable (any Primitive, _ slot: Int, _ now: Int64) -> String

  init<P: Primitive & SendableMetatype>(
    _ name: String, _ make: @escaping @Sendable () -> P,
    act: @escaping @Sendable (P, Int, Int64, inout DetectRandom) -> Void,
    show: @escaping @Sendable (P, Int, Int64) -> String
  ) {
    description = name
    self.make = make
    self.act = { primitive, slot, time, random in
      if let primitive = primitive as? P { act(primitive, slot, time, &random) }
    }
    self.show = { primitive, slot, now in (primitive as? P).map { show($0, slot, now) } ?? "" }
  }

  static let all: [PrimitiveCase] =
    [
      counts("window.count", BucketClock(within: 600 * second, offset: 0, buckets: 10), burst: 1),
      counts(
        "window.count of long bursts", BucketClock(within: 60 * second, offset: 60 * second, buckets: 3), burst: 9_000),
      values(.sum), values(.mean), values(.min), values(.max),
      PrimitiveCase(
        "window.quantile", { QuantileWindow(clock: BucketClock(within: 600 * second, offset: 0, buckets: 6)) },
        act: { window, slot, time, random in
          let value = number(&random)
          // A sketch as wide as numbers can be takes long to read.
          window.add(abs(value) > 1e6 && value.isFinite ? 1e6 : value, slot: slot, at: time)
        },
        show: { window, slot, now in
          "\(window.count(slot, at: now)) \([0.0, 0.95].map { window.quantile($0, slot: slot, at: now) })"
        }),
      distinct("window.distinct while exact", cap: 1000), distinct("window.distinct over its cap", cap: 40),
      distinct("window.distinct of one value", cap: 1),
      PrimitiveCase(
        "ring", { RingState(size: 4) },
        act: { ring, slot, time, random in
          if Bool.random(using: &random) {
            let bytes = (0..<Int.random(in: 0...9, using: &random)).map { UInt8($0) }
            bytes.withUnsafeBufferPointer {
              ring.push(.event(EvidenceRecord(record: $0, time: time, source: 1)), slot: slot, at: time)
            }
          } else {
            ring.push(.value(FieldValue(cell(&random, among: 9))), slot: slot, at: time)
          }
        },
        show: { ring, slot, _ in "\(ring.events(slot).map { ($0.bytes, $0.time, $0.source) })" }),
    ] + series

  private static let series: [PrimitiveCase] = [
    PrimitiveCase(
      "session", { SessionState(gap: 30 * second, max: 600 * second) },
      act: { session, slot, time, _ in session.add(slot, at: time) },
      show: { session, slot, now in
        "\(session.session(slot)) \(session.previousSession(slot)) \(session.hasEnded(slot, at: now))"
      }),
    firstSeen("first_seen while exact", cap: 200), firstSeen("first_seen over its cap", cap: 20),
    PrimitiveCase(
      "top", { TopState(n: 5, within: 600 * second) },
      act: { top, slot, time, random in
        top.add(cell(&random, among: 90), weight: abs(number(&random)), slot: slot, at: time)
      },
      show: { top, slot, now in "\(top.entries(slot, at: now)) \(top.total(slot, at: now))" }),
    baseline("baseline of counts", isMean: false), baseline("baseline of means", isMean: true),
    PrimitiveCase(
      "forecast", { ForecastState(within: 3600 * second, history: 60 * second, limit: nil) },
      act: { forecast, slot, time, random in forecast.add(number(&random), slot: slot, at: time) },
      show: { forecast, slot, now in
        "\(forecast.trend(slot, at: now).map { ($0, $0.earliest(50) ?? 0, $0.latest(50) ?? 0) } as Any)"
      }),
    PrimitiveCase(
      "templates", { TemplatesState(learn: 60 * second, keep: 3600 * second, max: 16, column: 0) },
      act: { templates, slot, time, random in
        let words = (0..<4).map { _ in "w\(Int.random(in: 0..<6, using: &random))" }
        _ = add(words.joined(separator: " "), to: templates, slot, time)
      },
      show: { templates, slot, now in
        // The same question to both copies: it changes them alike.
        let isNew = add("user \(now / second % 7) logged in", to: templates, slot, now)
        return "\(isNew) \(templates.latest(slot) as Any) \(templates.count(slot)) \(templates.isReady(slot, at: now))"
      }),
    anomaly("anomaly of values", bucket: 0), anomaly("anomaly of buckets", bucket: 10 * second),
  ]

  static func add(_ message: String, to templates: TemplatesState, _ slot: Int, _ time: Int64) -> Bool {
    Array(message.utf8).withUnsafeBufferPointer { templates.add($0, slot: slot, at: time) }
  }

  private static func anomaly(_ name: String, bucket: Int64) -> PrimitiveCase {
    PrimitiveCase(
      name, { AnomalyState(bucket: bucket, keep: 3600 * second) },
      act: { anomaly, slot, time, random in _ = anomaly.add(number(&random), slot: slot, at: time) },
      show: { anomaly, slot, now in
        anomaly.advance(slot, to: now)
        return "\(anomaly.newest(slot) as Any) \(anomaly.isReady(slot))"
      })
  }

  private static func firstSeen(_ name: String, cap: Int) -> PrimitiveCase {
    PrimitiveCase(
      name, { FirstSeenState(within: 600 * second, learn: 60 * second, cap: cap) },
      act: { seen, slot, time, random in _ = seen.add(cell(&random, among: 90), slot: slot, at: time) },
      show: { seen, slot, now in
        // The same question to both copies: it changes them alike.
        var cell = stella_value()
        cell.kind = UInt8(STELLA_INT)
        cell.i = now / second % 90
        return "\(seen.add(cell, slot: slot, at: now)) \(seen.isReady(slot, at: now))"
      })
  }

  private static func baseline(_ name: String, isMean: Bool) -> PrimitiveCase {
    PrimitiveCase(
      name, { BaselineState(shape: shape, isMean: isMean) },
      act: { baseline, slot, time, random in baseline.add(number(&random), slot: slot, at: time) },
      show: { baseline, slot, now in
        "\(baseline.value(slot, at: now) ?? -1) \(baseline.usual(slot, at: now).map { "\($0)" } ?? "")"
      })
  }

  private static let shape: BaselineShape = {
    var options = PrimitiveOptions()
    let given = ["bucket": "10s", "season": "none", "keep": "20m", "min_history": "1m"]
    for key in ScriptRegistry.primitive("baseline")?.keys ?? [] {
      if let text = given[key.name] { options.set(key, to: .string(text)) }
    }
    guard let shape = BaselineShape(options) else { preconditionFailure("the options of the test make no baseline") }
    return shape
  }()

  static let second: Int64 = 1_000_000_000

  private static func counts(_ name: String, _ clock: BucketClock, burst: Int) -> PrimitiveCase {
    PrimitiveCase(
      name, { CountWindow(clock: clock, methods: [.add, .count, .perSecond, .perMinute]) },
      act: { window, slot, time, random in
        for _ in 0..<(burst == 1 ? 1 : Int.random(in: 0..<40, using: &random) == 0 ? burst : 1) {
          window.add(slot, at: time)
        }
      },
      show: { window, slot, now in "\(window.count(slot, at: now)) \(window.firstTime(slot, at: now) ?? -1)" })
  }

  private static func values(_ kind: ValueWindow.Kind) -> PrimitiveCase {
    PrimitiveCase(
      "window.\(kind)",
      {
        ValueWindow(
          clock: BucketClock(within: 600 * second, offset: 0, buckets: 10), kind: kind,
          methods: [.add, .value, .count])
      },
      act: { window, slot, time, random in window.add(number(&random), slot: slot, at: time) },
      show: { window, slot, now in "\(window.read(slot, at: now))" })
  }

  private static func distinct(_ name: String, cap: Int) -> PrimitiveCase {
    PrimitiveCase(
      name, { DistinctWindow(within: 600 * second, cap: cap) },
      act: { window, slot, time, random in window.add(cell(&random, among: 90), slot: slot, at: time) },
      show: { window, slot, now in "\(window.count(slot, at: now)) \(window.values(slot, at: now))" })
  }

  /// A number of any size and sign, now and then one that is none.
  static func number(_ random: inout DetectRandom) -> Double {
    switch Int.random(in: 0..<40, using: &random) {
    case 0:
      return [Double.nan, .infinity, -.infinity, 1e308, -1e308, .leastNonzeroMagnitude, 9.3e18][
        Int.random(in: 0..<7, using: &random)]
    case 1: return 0
    case 2...9: return -Double.random(in: 0...1000, using: &random)
    default: return Double.random(in: 0...100, using: &random)
    }
  }

  static func cell(_ random: inout DetectRandom, among count: Int) -> stella_value {
    var cell = stella_value()
    let number = Int.random(in: 0..<count, using: &random)
    if number % 3 == 0 {
      cell.kind = UInt8(STELLA_STRING)
      cell.p = UnsafePointer(text)
      cell.length = UInt32(number + 1)
    } else if number % 3 == 1 {
      cell.kind = UInt8(STELLA_DOUBLE)
      cell.d = Double(number) / 7
    } else {
      cell.kind = UInt8(STELLA_INT)
      cell.i = Int64(number)
    }
    return cell
  }

  /// Text that stays for as long as the tests.
  private nonisolated(unsafe) static let text: UnsafeMutablePointer<UInt8> = {
    let text = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    text.initialize(repeating: 97, count: 256)
    return text
  }()
}
