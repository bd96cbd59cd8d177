import CoreMetrics
import StellaModel
import Synchronization

/// One metric with its dimensions: hands every measurement on, and remembers what they came to since it last told.
final class MetricSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
  enum Kind: String, Sendable, Hashable {
    case counter
    case floatingCounter
    case meter
    case recorder
    case gauge
    case timer

    var name: String {
      switch self {
      case .floatingCounter: "counter"
      case .gauge: "recorder"
      default: rawValue
      }
    }
  }

  struct Identity: Sendable, Hashable {
    let kind: Kind
    let label: String
    let dimensions: [FieldValue.Member]

    init(kind: Kind, label: String, dimensions: [(String, String)]) {
      self.kind = kind
      self.label = label
      self.dimensions = dimensions.map { .init($0.0, .string($0.1)) }
    }
  }

  /// What the host's own backend made of it.
  enum Inner: Sendable {
    case counter(any CounterHandler)
    case floatingCounter(any FloatingPointCounterHandler)
    case meter(any MeterHandler)
    case recorder(any RecorderHandler)
    case timer(any TimerHandler)
  }

  let identity: Identity
  let inner: Inner

  /// Durations are in nanoseconds.
  private struct Sample {
    /// Measurements since it last told.
    var count = 0
    var sum = 0.0
    var least = 0.0
    var most = 0.0
    var last = 0.0
    /// Of counters: what it stood at when it last told.
    var told = 0.0

    mutating func note(_ value: Double) {
      least = count == 0 ? value : min(least, value)
      most = count == 0 ? value : max(most, value)
      count += 1
      sum += value
      last = value
    }

    mutating func set(_ value: Double) {
      count += 1
      last = value
    }
  }
  private let sample = Mutex(Sample())

  init(_ identity: Identity, _ inner: Inner) {
    self.identity = identity
    self.inner = inner
  }

  // MARK: - Measuring

  func increment(by amount: Int64) {
    if case .counter(let own) = inner { own.increment(by: amount) }
    sample.withLock { $0.set($0.last + Double(amount)) }
  }

  func increment(by amount: Double) {
    switch inner {
    case .floatingCounter(let own): own.increment(by: amount)
    case .meter(let own): own.increment(by: amount)
    default: break
    }
    sample.withLock { $0.set($0.last + amount) }
  }

  func decrement(by amount: Double) {
    if case .meter(let own) = inner { own.decrement(by: amount) }
    sample.withLock { $0.set($0.last - amount) }
  }

  func reset() {
    switch inner {
    case .counter(let own): own.reset()
    case .floatingCounter(let own): own.reset()
    default: break
    }
    sample.withLock { sample in
      // What was counted since it last told isn't lost: the difference stays.
      sample.told -= sample.last
      sample.last = 0
    }
  }

  func set(_ value: Int64) {
    if case .meter(let own) = inner { own.set(value) }
    sample.withLock { $0.set(Double(value)) }
  }

  func set(_ value: Double) {
    if case .meter(let own) = inner { own.set(value) }
    sample.withLock { $0.set(value) }
  }

  func record(_ value: Int64) {
    if case .recorder(let own) = inner { own.record(value) }
    sample.withLock { $0.note(Double(value)) }
  }

  func record(_ value: Double) {
    if case .recorder(let own) = inner { own.record(value) }
    sample.withLock { $0.note(value) }
  }

  func recordNanoseconds(_ duration: Int64) {
    if case .timer(let own) = inner { own.recordNanoseconds(duration) }
    sample.withLock { $0.note(Double(duration)) }
  }

  func preferDisplayUnit(_ unit: TimeUnit) {
    if case .timer(let own) = inner { own.preferDisplayUnit(unit) }
  }

  // MARK: - Telling

  /// What it came to since it last told; nil when it wasn't used.
  func event(at time: Int64) -> Event? {
    let sample = sample.withLock { sample -> Sample? in
      guard sample.count > 0 else { return nil }
      let found = sample
      sample.count = 0
      sample.sum = 0
      sample.told = sample.last
      return found
    }
    guard let sample else { return nil }
    var fields: [FieldValue.Member] = [
      .init("logger", .string("stella.metrics")), .init("metric", .string(identity.label)),
      .init("kind", .string(identity.kind.name)),
    ]
    let shown: Double
    switch identity.kind {
    case .counter, .floatingCounter:
      shown = sample.last
      fields += [.init("value", Self.number(shown)), .init("delta", Self.number(sample.last - sample.told))]
    case .meter:
      shown = sample.last
      fields.append(.init("value", Self.number(shown)))
    case .recorder, .gauge:
      shown = sample.last
      fields += Self.spread(sample, "", 1) + [.init("value", Self.number(shown))]
    case .timer:
      shown = sample.last / 1e6
      fields += Self.spread(sample, "_ms", 1e6) + [.init("duration_ms", Self.number(shown))]
    }
    let own = Set(fields.map(\.name)).union(["time", "level", "message", "service"])
    for dimension in identity.dimensions {
      fields.append(
        own.contains(dimension.name) ? .init("dimension." + dimension.name, dimension.value) : dimension)
    }
    return Event(
      time: time, level: .info, message: "\(identity.label) \(Self.number(shown).json)", service: nil, fields: fields)
  }

  private static func spread(_ sample: Sample, _ unit: String, _ scale: Double) -> [FieldValue.Member] {
    [
      .init("count", .integer(Int64(sample.count))), .init("sum" + unit, number(sample.sum / scale)),
      .init("min" + unit, number(sample.least / scale)), .init("max" + unit, number(sample.most / scale)),
      .init("mean" + unit, number(sample.sum / Double(sample.count) / scale)),
    ]
  }

  /// Whole numbers as such; what is no number as null.
  private static func number(_ value: Double) -> FieldValue {
    guard value.isFinite else { return .null }
    if let whole = Int64(exactly: value) { return .integer(whole) }
    return .double(value)
  }
}
