import StellaLua
import StellaModel

/// What a rule file declares, checked. Times are nanoseconds, sizes are bytes.
package struct RuleManifest: Sendable {
  package struct Threshold: Sendable, Hashable {
    package enum Window: String, Sendable, Hashable {
      case sliding
      case fromFirst = "from_first"
    }
    package var count: Int
    package var within: Int64
    package var window: Window
    package var distinct: String?
  }

  /// One entry of `state`.
  package struct StateField: Sendable {
    package enum Content: Sendable {
      case primitive(name: String, settings: PrimitiveSettings)
      /// The first value of plain Lua state.
      case initial(LuaValue)
    }
    package var name: String
    package var content: Content
  }

  /// The arguments of a primitive's constructor, with the defaults filled in.
  package struct PrimitiveSettings: Sendable, Hashable {
    package var within: Int64 = 0
    package var offset: Int64 = 0
    package var buckets: Int = 10
    package var cap: Int = 256
    package var size: Int = 1
    package var every: Int64 = 0
    /// The events of the rule that it takes by itself; nil when the script gives it what it holds.
    package var feed: RuleCondition?
    /// Of primitives whose registry entry has keys.
    package var options = PrimitiveOptions()
  }

  package var file = ""
  /// Tells versions of the rule's text apart.
  package var textChecksum: UInt64 = 0
  package var api = 1
  package var id = ""
  package var title = ""
  package var severity = Severity.medium
  package var type = "custom"
  package var status = "experimental"
  package var description: String?
  package var tags: [String] = []
  package var author: String?
  package var date: String?
  package var modified: String?
  package var references: [String] = []
  package var falsepositives: [String] = []
  package var owner: String?
  package var labels: [FieldValue.Member] = []
  package var condition = ""
  package var conditionLine = 1
  /// `where`, `cancel_on` and, when it is a condition, `resolve_when`, of those that are written.
  package var conditions: [RuleCondition] = []
  package var by: [String] = []
  package var maxKeys = 100_000
  package var stateMemoryBytes = 64 << 20
  package var memoryBytes = 256 << 10
  package var threshold: Threshold?
  package var sequence: Sequence?
  package var absence: Absence?
  package var state: [StateField] = []
  package var on: LuaFunction?
  package var check: LuaFunction?
  package var onMatch: LuaFunction?
  package var onAbsent: LuaFunction?
  package var migrate: LuaFunction?
  package var every: Int64?
  package var hold: Int64 = 0
  package var keepFiring: Int64 = 0
  package var suppressFor: Int64 = 0
  package var resolveCondition: String?
  package var resolveFunction: LuaFunction?
  package var cancelCondition: String?
  package var summary: String?
  package var evidence: Int?
  package var affected: String?
  package var runbook: String?
  package var actions: [String] = []
  package var suggest: [String] = []
  /// The rule's thresholds as they are in force, by name.
  package var parameters: [FieldValue.Member] = []

  package init() {}
}

/// What a rule's script and its detector both hold: a manifest takes 700 bytes, and a rule that never matches should take little.
package final class SharedManifest: Sendable {
  package let value: RuleManifest

  package init(_ value: RuleManifest) { self.value = value }
}
