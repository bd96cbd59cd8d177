import StellaDetection
import StellaModel

/// What a rule keeps of one selector of an expression, and what a check reads of it. Times are nanoseconds.
struct MetricReading {
  enum Kind: Hashable {
    /// The newest sample, unless it is older than `lookback`.
    case newest(lookback: Int64)
    /// A native window over the samples.
    case window(String, within: Int64, offset: Int64)
    /// The sum of what lies between a series' samples.
    case growth(Growth, within: Int64, offset: Int64, perSecond: Bool)
  }

  enum Growth: Hashable {
    case counter, gauge, changes, resets

    /// What to add for the step from `before` to `value`.
    func lua(before: String, value: String) -> String {
      switch self {
      case .counter: "\(value) >= \(before) and \(value) - \(before) or \(value)"
      case .gauge: "\(value) - \(before)"
      case .changes: "\(value) ~= \(before) and 1 or 0"
      case .resets: "\(value) < \(before) and 1 or 0"
      }
    }
  }

  /// A name of Lua, unique in the rule.
  var name: String
  var selector: PromQLSelector
  var matchers: [LabelCondition]
  var kind: Kind
  /// Whether the key has several series.
  var isGrouped: Bool
  /// What is counted of the series' newest samples: a function of Lua on `value`.
  var filter: String?
  /// How a window is read, such as `mean()`.
  var method = ""

  /// Whether it keeps plain values, which lie in the rule's Lua heap.
  var hasPlainState: Bool { if case .window = kind { false } else { true } }
  var hasSeries: Bool { isGrouped && hasPlainState }

  private func options(_ within: Int64, _ offset: Int64) -> String {
    let back = offset > 0 ? ", offset = \"\(MetricReading.duration(offset))\"" : ""
    return "{ \"\(MetricReading.duration(within))\"\(back), buckets = 60 }"
  }

  /// Entries of `state`.
  var state: [String] {
    switch kind {
    case .newest: isGrouped ? [] : ["\(name) = 0.0", "\(name)_at = 0"]
    case .window("quantile", let within, let offset): ["\(name) = window.quantile \(options(within, offset))"]
    case .window(let function, let within, let offset): ["\(name) = window.\(function) \(options(within, offset))"]
    case .growth(_, let within, let offset, _):
      ["\(name) = window.sum \(options(within, offset))"] + (isGrouped ? [] : ["\(name)_last = 0.0", "\(name)_at = 0"])
    }
  }

  /// What `on` does with a sample, whose value is in `name`.
  var update: [String] {
    let value = name
    switch kind {
    case .newest where isGrouped:
      return [
        "s.\(name) = s.\(name) or {}", "local before = s.\(name)[series(e)]",
        "if not before or e.time >= before.at then s.\(name)[series(e)] = { at = e.time, value = \(value) + 0.0 } end",
      ]
    case .newest:
      return ["if e.time >= s.\(name)_at then", "  s.\(name), s.\(name)_at = \(value) + 0.0, e.time", "end"]
    case .window("count", _, _): return ["s.\(name):add(e)"]
    case .window: return ["s.\(name):add(\(value))"]
    case .growth(let growth, let within, _, _) where isGrouped:
      return [
        "s.\(name)_last = s.\(name)_last or {}", "local before = s.\(name)_last[series(e)]",
        "if not before or e.time > before.at then",
        "  if before and e.time - before.at <= \(PromQLNumber.nanoseconds(within)) then",
        "    s.\(name):add(\(growth.lua(before: "before.value", value: value)))", "  end",
        "  s.\(name)_last[series(e)] = { at = e.time, value = \(value) + 0.0 }", "end",
      ]
    case .growth(let growth, let within, _, _):
      return [
        "if e.time > s.\(name)_at then",
        "  if e.time - s.\(name)_at <= \(PromQLNumber.nanoseconds(within)) then",
        "    s.\(name):add(\(growth.lua(before: "s.\(name)_last", value: value)))", "  end",
        "  s.\(name)_last, s.\(name)_at = \(value) + 0.0, e.time", "end",
      ]
    }
  }

  /// What `check` does to have the value in `name`, or false or nil where there is none.
  var reading: [String] {
    switch kind {
    case .newest(let lookback) where isGrouped:
      let test = filter.map { ", function(value) return \($0) end" } ?? ""
      return ["local \(name) = totals(s.\(name), t, \(PromQLNumber.nanoseconds(lookback))\(test))"]
    case .newest(let lookback):
      return ["local \(name) = t - s.\(name)_at < \(PromQLNumber.nanoseconds(lookback)) and s.\(name)"]
    case .window: return ["local \(name) = s.\(name):count() > 0 and s.\(name):\(method)"]
    case .growth(_, let within, _, let perSecond):
      let seconds = perSecond ? " / \(PromQLNumber.lua(Double(within) / 1e9))" : ""
      let forgotten = isGrouped ? ["forget(s.\(name)_last, t, \(PromQLNumber.nanoseconds(within)))"] : []
      return forgotten + ["local \(name) = s.\(name):count() > 0 and s.\(name):sum()\(seconds)"]
    }
  }

  static func duration(_ nanoseconds: Int64) -> String { DurationText.text(nanoseconds) }
}

/// Numbers of PromQL in Lua.
enum PromQLNumber {
  /// A span of time to compare with: whole seconds as `300e9`.
  static func nanoseconds(_ span: Int64) -> String {
    span % 1_000_000_000 == 0 ? "\(span / 1_000_000_000)e9" : "\(span)"
  }

  static func lua(_ number: Double) -> String {
    if number.isNaN { return "(0 / 0)" }
    if number.isInfinite { return number < 0 ? "-math.huge" : "math.huge" }
    if let integer = Int64(exactly: number), abs(integer) < 1 << 53 { return "\(integer)" }
    return "\(number)"
  }
}
