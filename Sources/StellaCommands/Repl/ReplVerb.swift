import StellaModel

/// What a line of a repl asks for when it begins with a point.
enum ReplVerb: String, CaseIterable {
  case help, feed, time, advance, rules, keys, explain, event, `where`, alerts, reload, reset, quit

  /// How it is written, for people.
  var usage: String {
    switch self {
    case .feed: ".feed FILE [N]"
    case .time: ".time [TIME]"
    case .advance: ".advance DURATION"
    case .keys: ".keys RULE [N]"
    case .explain: ".explain [RULE]"
    case .where: ".where EXPRESSION"
    default: "." + rawValue
    }
  }

  var meaning: String {
    switch self {
    case .help: "this list"
    case .feed: "the next N lines of a file, or all that are left of it"
    case .time: "where the clock stands; or set it, after the first event only forward"
    case .advance: "move the clock by 30s, 10m or 1h, and do what is due until then"
    case .rules: "the rules, and what each has seen so far"
    case .keys: "what a rule keeps for its keys, those used last first"
    case .explain: "why the rules fired for the last event, or why they did not; one rule with all it has to say"
    case .event: "the last event, one field a line, with the names that rules know them by"
    case .where: "what a condition says of the last event, part by part"
    case .alerts: "the alerts that wait or fire"
    case .reload: "load the rules anew; on a terminal that happens by itself when their files change"
    case .reset: "begin anew: no events, no state"
    case .quit: "end; so does the end of the input"
    }
  }

  /// - Parameter word: with the point in front.
  /// - Throws: ``CommandFailure`` `usage` when there is no such verb.
  init(word: String) throws(CommandFailure) {
    let name = word.dropFirst()
    if let verb = ReplVerb(rawValue: name == "exit" ? "quit" : String(name)) {
      self = verb
      return
    }
    let hint = NearestName.of(String(name), in: ReplVerb.allCases.map(\.rawValue)).map { " Did you mean .\($0)?" } ?? ""
    throw CommandFailure(
      .usage,
      "there is no \(ScreenText.name(word)).\(hint) .help lists what there is. A line of a log that begins with a point "
        + "can be fed from a file.")
  }

  /// All of them, one a line.
  static var list: String {
    var text =
      "A line is an event: what it holds and what the rules make of it is shown. A line that begins with a point asks:\n"
    let width = allCases.map(\.usage.count).max() ?? 0
    for verb in allCases {
      text += "  \(verb.usage)\(String(repeating: " ", count: width - verb.usage.count))  \(verb.meaning)\n"
    }
    return text
  }
}
