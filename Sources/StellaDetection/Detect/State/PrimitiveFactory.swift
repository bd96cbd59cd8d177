import StellaScripting

/// Makes native state from its declaration.
package enum PrimitiveFactory {
  /// Bytes that each key of a rule takes whatever its windows hold.
  package static func bytesPerKey(of state: [RuleManifest.StateField]) -> Int {
    state.reduce(0) { total, field in
      guard case .primitive(let name, let settings) = field.content else { return total }
      return total + make(name, settings, fields: FieldRegister()).slotBytes
    }
  }

  static func make(
    _ name: String, _ settings: RuleManifest.PrimitiveSettings, fields: FieldRegister
  ) -> any Primitive {
    let options = settings.options
    let isFed = settings.feed != nil
    switch name {
    case "session": return SessionState(gap: options.duration("gap"), max: options.duration("max"))
    case "first_seen":
      return FirstSeenState(
        within: options.duration("within"), learn: options.duration("learn"), cap: options.integer("cap"))
    case "top": return TopState(n: options.integer("n"), within: options.duration("within"))
    case "baseline":
      guard let shape = BaselineShape(options) else { preconditionFailure("the reader has let a bad baseline through") }
      return BaselineState(shape: shape, isMean: options.text("of") == "mean", isFed: isFed)
    case "forecast":
      let within = options.duration("within")
      let history = options.has("min_history") ? options.duration("min_history") : within / 4
      return ForecastState(within: within, history: history, limit: options.number("limit"))
    case "templates":
      return TemplatesState(
        learn: options.duration("learn"), keep: options.duration("keep"), max: options.integer("max"),
        column: fields.table.column(of: options.text("field")))
    case "anomaly": return AnomalyState(bucket: options.duration("bucket"), keep: options.duration("keep"))
    default: break
    }
    let clock = BucketClock(within: settings.within, offset: settings.offset, buckets: settings.buckets)
    return switch name {
    case "window.count": CountWindow(clock: clock, methods: [.add, .count, .perSecond, .perMinute], isFed: isFed)
    case "window.rate": CountWindow(clock: clock, methods: [.add, .perSecond, .perMinute, .count], isFed: isFed)
    case "window.sum": ValueWindow(clock: clock, kind: .sum, methods: [.add, .value, .count, .perSecond, .perMinute])
    case "window.mean": ValueWindow(clock: clock, kind: .mean, methods: [.add, .value, .count])
    case "window.min": ValueWindow(clock: clock, kind: .min, methods: [.add, .value, .count])
    case "window.max": ValueWindow(clock: clock, kind: .max, methods: [.add, .value, .count])
    case "window.quantile": QuantileWindow(clock: clock)
    case "window.distinct": DistinctWindow(within: settings.within, cap: settings.cap)
    case "ring": RingState(size: settings.size, every: settings.every, isFed: isFed)
    default: preconditionFailure("the registry has a primitive without an implementation: \(name)")
    }
  }
}
