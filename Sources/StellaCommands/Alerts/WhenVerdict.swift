import StellaScripting

/// What the `when` of a fix says of an alert.
struct WhenVerdict: Sendable {
  /// For people; not escaped.
  let text: String
  /// For machines.
  let word: String

  init(_ run: FixRun<Bool>) {
    switch run.result {
    case .success(true): (text, word) = ("applies", "applies")
    case .success(false): (text, word) = ("its `when` says that it doesn't apply", "does_not_apply")
    case .failure(let error): (text, word) = ("its `when` failed: \(error)", "failed")
    }
  }
}
