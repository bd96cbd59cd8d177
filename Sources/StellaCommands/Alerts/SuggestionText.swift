import StellaModel
import StellaRemediation
import StellaScripting

/// A fix that could help with an alert: why, how often it has helped, and whether it applies.
enum SuggestionText {
  static func line(_ suggestion: Suggestion) -> String {
    let reasons = suggestion.candidate.reasons.map(\.description).joined(separator: ", ")
    // Of an error of several lines the first says what it is.
    let verdict = when(suggestion).text.prefix { !$0.isNewline }
    return TextEscaping.oneLine(
      "\(ScreenText.name(suggestion.candidate.fix.manifest.id))  \(reasons); \(history(suggestion)); \(verdict)",
      limit: 300)
  }

  static func object(_ suggestion: Suggestion) -> FieldValue {
    .object([
      .init("fix", .string(suggestion.candidate.fix.manifest.id)),
      .init("reasons", .array(suggestion.candidate.reasons.map { .string($0.description) })),
      .init("succeeded", .integer(Int64(suggestion.succeeded))),
      .init("unsuccessful", .integer(Int64(suggestion.unsuccessful))),
      .init("applies", .bool(suggestion.candidate.applies)), .init("when", .string(when(suggestion).word)),
    ])
  }

  private static func history(_ suggestion: Suggestion) -> String {
    let all = suggestion.succeeded + suggestion.unsuccessful
    return all == 0 ? "never carried out yet" : "helped in \(suggestion.succeeded) of \(CountText.count(all, "run"))"
  }

  private static func when(_ suggestion: Suggestion) -> WhenVerdict { WhenVerdict(suggestion.candidate.when) }
}
