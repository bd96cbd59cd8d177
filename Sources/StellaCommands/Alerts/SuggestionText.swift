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
      .init("taken_back", .integer(Int64(suggestion.takenBack))),
      .init("applies", .bool(suggestion.candidate.applies)), .init("when", .string(when(suggestion).word)),
    ])
  }

  private static func history(_ suggestion: Suggestion) -> String {
    let judged = suggestion.succeeded + suggestion.unsuccessful
    let back = suggestion.takenBack
    if judged == 0 {
      return back == 0 ? "never carried out yet" : "\(CountText.count(back, "run")), taken back or to be"
    }
    let helped = "helped in \(suggestion.succeeded) of \(CountText.count(judged, "run"))"
    return back == 0 ? helped : helped + ", \(back) more taken back or to be"
  }

  private static func when(_ suggestion: Suggestion) -> WhenVerdict { WhenVerdict(suggestion.candidate.when) }
}
