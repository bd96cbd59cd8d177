/// The value modifiers of the specification (appendix 2.1).
package enum SigmaModifier: String, Sendable, CaseIterable {
  case contains, startswith, endswith, all, cased, exists, neq
  case windash, base64, base64offset, wide, utf16le, utf16be, utf16
  case re
  case ignoreCase = "i"
  case multiline = "m"
  case dotAll = "s"
  case cidr, lt, lte, gt, gte, fieldref, expand
  case minute, hour, day, week, month, year

  init?(_ name: String) {
    switch name {
    case "ignorecase": self = .ignoreCase
    case "multiline": self = .multiline
    case "dotall": self = .dotAll
    default: self.init(rawValue: name)
    }
  }

  static let allNames = allCases.map(\.rawValue)
}
