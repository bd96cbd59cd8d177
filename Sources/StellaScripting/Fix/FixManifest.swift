import StellaLua

/// What a fix file declares, checked.
package struct FixManifest: Sendable {
  package enum ParameterType: String, Sendable, Hashable {
    case string
    case integer
    case number
    case boolean
  }

  package struct Parameter: Sendable, Hashable {
    package var name: String
    package var type: ParameterType
  }

  /// When people are asked.
  package enum Approval: String, Sendable, Hashable {
    case policy
    case always
  }

  package var file = ""
  package var api = 1
  package var id = ""
  package var title = ""
  package var status = "experimental"
  package var description: String?
  package var tags: [String] = []
  package var author: String?
  package var date: String?
  package var modified: String?
  package var references: [String] = []
  package var owner: String?
  /// Ids of rules.
  package var handles: [String] = []
  /// Types of alerts.
  package var handlesType: [String] = []
  /// In the order of their names.
  package var parameters: [Parameter] = []
  package var targets: [String] = []
  package var approval = Approval.policy
  package var maxRows: Int?
  /// Nanoseconds.
  package var cooldown: Int64?
  package var hasWhen = false
  package var hasVerify = false
  /// Lines of the functions in the file; 0 for one that it hasn't.
  package var whenLine = 0
  package var planLine = 0
  package var verifyLine = 0

  package init() {}
}
