/// Bytes that are no plan in the form `fixplan/v1`. Nothing was read from them; a retry gives the same.
package struct FixPlanError: Error, Sendable, Hashable {
  /// Where reading stopped, in bytes from the beginning.
  package let offset: Int
  package let reason: String

  init(offset: Int, _ reason: String) {
    self.offset = offset
    self.reason = reason
  }
}

extension FixPlanError: CustomStringConvertible {
  package var description: String {
    "these bytes are no fixplan/v1: at byte \(offset), \(reason). They were changed or cut; restore them from a backup."
  }
}
