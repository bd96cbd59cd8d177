import StellaModel

extension Run {
  /// The command that asks for the same anew. Only plain words of the run are in it, as somebody will paste it; for others
  /// stands `…`.
  var askingAnew: String {
    if let rollsBack { return "stella runs rollback \(Self.word(rollsBack))" }
    let given = parameters.map { " --param \(Self.word($0.name))=\(Self.word($0.value))" }.joined()
    return "stella fixes plan \(Self.word(fix))\(given) --propose"
  }

  private static func word(_ value: EffectValue) -> String {
    switch value.written {
    case .text(let text): word(text)
    default: "…"
    }
  }

  private static func word(_ text: String) -> String {
    !text.hasPrefix("-") && ScreenText.name(text, width: 120) == text ? text : "…"
  }
}
