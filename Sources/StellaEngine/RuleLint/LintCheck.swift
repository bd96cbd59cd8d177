/// What ``RuleLinter`` looks for. The raw value is the name in messages, after `lint.`.
package enum LintCheck: String, CaseIterable, Sendable {
  // What it costs.
  case noCheapCondition = "no_cheap_condition"
  case plainRegex = "plain_regex"
  case regexWildcard = "regex_wildcard"
  case orChain = "or_chain"
  case unusedState = "unused_state"
  case stateMemory = "state_memory"
  case thresholdMemory = "threshold_memory"
  case sequenceMemory = "sequence_memory"
  case maxKeys = "max_keys"
  case fewKeys = "few_keys"
  case everyTooShort = "every_too_short"

  // Whether it can do what is meant.
  case condition
  case duplicateValue = "duplicate_value"
  case levelEqual = "level_equal"
  case aliasField = "alias_field"
  case misspeltField = "misspelt_field"
  case noKey = "no_key"
  case missingKey = "missing_key"
  case uniqueKey = "unique_key"
  case distinctIsKey = "distinct_is_key"
  case thresholdOne = "threshold_one"
  case fastThreshold = "fast_threshold"
  case shortWindow = "short_window"
  case suppressBelowWithin = "suppress_below_within"
  case holdBelowEvery = "hold_below_every"
  case everyOverWindow = "every_over_window"
  case uselessWithin = "useless_within"
  case sameStep = "same_step"
  case oneStep = "one_step"
  case sameRule = "same_rule"

  // The script.
  case undefinedName = "undefined_name"
  case undefinedMethod = "undefined_method"
  case shadowedName = "shadowed_name"
  case scriptVariable = "script_variable"
  case unusedParameter = "unused_param"

  // The people who get its alerts.
  case title
  case tag
  case date
  case deprecatedStatus = "deprecated_status"
  case noSummary = "no_summary"
  case summary
  case openBrace = "open_brace"
  case actionName = "action_name"
  case alertKey = "alert_key"
  case noDescription = "no_description"
  case noActions = "no_actions"
  case noRemedy = "no_remedy"
  case noFalsePositives = "no_falsepositives"
  case unknownFix = "unknown_fix"
  case idleAllow = "idle_allow"

  package var code: String { "lint.\(rawValue)" }

  /// Whether `stella rules lint --fix` answers it.
  package var isFixable: Bool {
    switch self {
    case .plainRegex, .regexWildcard, .orChain, .duplicateValue, .date: true
    default: false
    }
  }
}
