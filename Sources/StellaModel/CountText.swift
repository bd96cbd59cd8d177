/// A number with its noun in the right form.
package enum CountText {
  /// `1 fix`, `2 fixes`.
  ///
  /// - Parameter plural: nil: the noun with an `s`. What goes on in either form may stand in both: `event was`, `events were`.
  package static func count(_ number: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
  }
}
