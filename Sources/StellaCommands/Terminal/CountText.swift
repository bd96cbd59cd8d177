/// A number with its noun in the right form.
enum CountText {
  /// `1 fix`, `2 fixes`.
  ///
  /// - Parameter plural: nil: the noun with an `s`.
  static func count(_ number: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
  }
}
