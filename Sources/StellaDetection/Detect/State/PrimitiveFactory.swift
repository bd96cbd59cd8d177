import StellaScripting

/// Makes native state from its declaration.
enum PrimitiveFactory {
  static func make(_ name: String, _ settings: RuleManifest.PrimitiveSettings) -> any Primitive {
    let clock = BucketClock(within: settings.within, offset: settings.offset, buckets: settings.buckets)
    return switch name {
    case "window.count": CountWindow(clock: clock, methods: [.add, .count, .perSecond, .perMinute])
    case "window.rate": CountWindow(clock: clock, methods: [.add, .perSecond, .perMinute, .count])
    case "window.sum": ValueWindow(clock: clock, kind: .sum, methods: [.add, .value, .count, .perSecond, .perMinute])
    case "window.mean": ValueWindow(clock: clock, kind: .mean, methods: [.add, .value, .count])
    case "window.min": ValueWindow(clock: clock, kind: .min, methods: [.add, .value, .count])
    case "window.max": ValueWindow(clock: clock, kind: .max, methods: [.add, .value, .count])
    case "window.quantile": QuantileWindow(clock: clock)
    case "window.distinct": DistinctWindow(within: settings.within, cap: settings.cap)
    case "ring": RingState(size: settings.size)
    default: preconditionFailure("the registry has a primitive without an implementation: \(name)")
    }
  }
}
