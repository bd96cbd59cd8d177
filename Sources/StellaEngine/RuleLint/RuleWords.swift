import StellaScripting

/// What a rule's source says that its manifest can't tell. One pass over the tokens, O(bytes).
struct RuleWords {
  /// A name of the script at the line where it is declared or assigned to.
  struct Place: Hashable {
    let name: String
    let line: Int
  }

  /// Names that follow a dot, such as `errors` in `s.errors:count()`.
  private var members: Set<String> = []
  /// Names that something is assigned to, such as `who` in `alert { who = e.user }`.
  var assigned: Set<String> { Set(assignmentLines.keys) }
  /// The texts of `summary = "…"` with their lines.
  private(set) var summaries: [(line: Int, text: String)] = []
  /// Locals, parameters of functions and variables of loops.
  private(set) var declared: [Place] = []
  /// What functions assign to, though it is none of their own variables.
  private(set) var outerAssignments: [Place] = []

  /// What is called, or looked into, though nothing of that name is declared or assigned to anywhere. Names of the script API are
  /// among them.
  private(set) var undeclared: [Place] = []

  /// Calls of methods of what a name holds, such as `s.errors:count()`.
  struct MethodCall: Hashable {
    let base: String
    let field: String
    let method: String
    let line: Int
  }

  private(set) var methodCalls: [MethodCall] = []

  /// What is looked for, or put, in what a name holds, such as `s.errors`.
  struct Member: Hashable {
    let base: String
    let name: String
    let line: Int
  }

  private(set) var memberUses: [Member] = []
  /// Names that are looked into with names that the script makes up as it runs, as in `s[name]`.
  private(set) var computedBases: Set<String> = []
  /// The keys that stand in `alert { … }`.
  private(set) var alertKeys: [Place] = []
  /// Whether every alert is made of a table that is written there, so that ``alertKeys`` are all that alerts have.
  private(set) var writesAlerts = true
  /// Ids of fixes that are written as `suggest = "…"`, or in the list behind it.
  private(set) var suggestions: [Place] = []
  /// Names that are assigned to as members, such as `who` in `found.who = e.user`.
  private(set) var assignedMembers: Set<String> = []
  /// Parameters of the functions that are the values of keys, by key: `on` has `e` and `s`.
  private(set) var parameters: [String: [String]] = [:]

  private var assignmentLines: [String: Int] = [:]

  /// What the callbacks call the state of their key, unless another function of the script has that name for something.
  var states: Set<String> {
    let named = [parameters["on"]?.dropFirst().first, parameters["check"]?.first, parameters["resolve_when"]?.first]
      .compactMap(\.self)
    return Set(named).filter { name in declared.count { $0.name == name } == named.count { $0 == name } }
  }

  func isMember(_ name: String) -> Bool { members.contains(name) }

  /// Where something is assigned to the name first.
  func line(of name: String) -> Int? { assignmentLines[name] }

  private enum Frame: Equatable {
    case bracket(UInt8)
    case function
    case block
  }

  /// What the names of a list that comes next are.
  private enum List {
    case locals
    /// After `function`, up to its `(`.
    case functionName
    case parameters
    case loopVariables
  }

  private static let dot = UInt8(ascii: ".")
  private static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not",
    "or", "repeat", "return", "then", "true", "until", "while",
  ]
  /// What comes after a name whose value has to be a function, a table or a text.
  private static let uses = Set("({\".:[".utf8)
  private static let comma = UInt8(ascii: ",")

  init(_ source: [UInt8]) {
    var scanner = LuaScanner(source: source)
    var frames: [Frame] = []
    /// Names that are declared in the functions around here, and in the script itself.
    var scopes: [Set<String>] = [[]]
    var list: List?
    var isSummary = false
    var fixes = SuggestedFixes()
    var previous = LuaScanner.Token.other(0)
    var beforePrevious = LuaScanner.Token.other(0)
    func pop() { if frames.popLast() == .function { scopes.removeLast() } }
    var used: [Place] = []
    var functions: Set<String> = []
    /// How many frames there are around the tables of alerts that are open.
    var alerts: [Int] = []
    /// The key whose value the function is that comes next.
    var key: String?
    var recent = RecentTokens()
    /// Members that are followed by a comma, so that something may yet be assigned to them: `s.a, s.b = 1, 2`.
    var listed: [String] = []
    while let (token, line) = scanner.next() {
      if let call = recent.methodCall(token, line: scanner.lineOfPreviousName) { methodCalls.append(call) }
      recent.note(token)
      if let text = fixes.read(token, line: line, scanner.previousText) {
        suggestions.append(Place(name: String(decoding: source[text.range], as: UTF8.self), line: text.line))
      }
      if case .name(let name) = previous {
        if beforePrevious == .name("function") { functions.insert(name) }
        let isMember = beforePrevious == .other(RuleWords.dot) || beforePrevious == .other(UInt8(ascii: ":"))
        if case .other(let byte) = token, RuleWords.uses.contains(byte), !isMember,
          !RuleWords.keywords.contains(name), name.utf8.first.map({ $0 &- 48 >= 10 }) ?? false
        {
          used.append(Place(name: name, line: scanner.lineOfPreviousName))
        }
      }
      switch token {
      case .name("local"): list = .locals
      case .name("function"):
        key = recent.assigned
        frames.append(.function)
        list = .functionName
        scopes.append([])
      case .name("for"): list = .loopVariables
      case .name("if"), .name("repeat"): frames.append(.block)
      case .name("do"):
        frames.append(.block)
        list = nil
      case .name("end"), .name("until"): pop()
      case .name("in"): list = nil
      case .name(let name):
        if previous == .other(RuleWords.dot) {
          members.insert(name)
          if let base = recent.base { memberUses.append(Member(base: base, name: name, line: line)) }
        }
        switch list {
        case .locals, .loopVariables:
          if case .name(let before) = previous, before != "local", before != "for" {
            list = nil
          } else if previous != .other(UInt8(ascii: "<")) {
            declared.append(Place(name: name, line: line))
            scopes[scopes.count - 1].insert(name)
          }
        case .parameters:
          if let key { parameters[key, default: []].append(name) }
          declared.append(Place(name: name, line: line))
          scopes[scopes.count - 1].insert(name)
        case .functionName:
          // The name belongs to what is around the function.
          if previous == .name("function"), beforePrevious == .name("local") {
            declared.append(Place(name: name, line: line))
            scopes[scopes.count - 2].insert(name)
          }
        case nil: break
        }
      case .other(UInt8(ascii: "(")):
        frames.append(.bracket(UInt8(ascii: "(")))
        if list == .functionName { list = .parameters } else if list != nil { list = nil }
      case .other(UInt8(ascii: "{")):
        frames.append(.bracket(UInt8(ascii: "{")))
        let isArgument = previous == .other(UInt8(ascii: "(")) && beforePrevious == .name("alert")
        if previous == .name("alert") || isArgument { alerts.append(frames.count) }
        list = nil
      case .other(UInt8(ascii: "[")):
        frames.append(.bracket(UInt8(ascii: "[")))
        if case .name(let name) = previous, beforePrevious != .other(RuleWords.dot) { computedBases.insert(name) }
      case .other(UInt8(ascii: ")")), .other(UInt8(ascii: "}")), .other(UInt8(ascii: "]")):
        if alerts.last == frames.count { alerts.removeLast() }
        pop()
        if list == .parameters { list = nil }
      case .other(UInt8(ascii: "=")):
        if case .name(let name) = previous {
          if assignmentLines[name] == nil { assignmentLines[name] = scanner.lineOfPreviousName }
          isSummary = name == "summary"
          if beforePrevious == .other(RuleWords.dot) { assignedMembers.formUnion(listed + [name]) }
          if alerts.last == frames.count { alertKeys.append(Place(name: name, line: scanner.lineOfPreviousName)) }
          let isField = frames.last == .bracket(UInt8(ascii: "{")) || beforePrevious == .other(RuleWords.dot)
          if !isField, list == nil, scopes.count > 1, !scopes.dropFirst().contains(where: { $0.contains(name) }) {
            outerAssignments.append(Place(name: name, line: scanner.lineOfPreviousName))
          }
        }
        list = nil
      case .other(UInt8(ascii: "\"")):
        if isSummary {
          summaries.append((scanner.lineOfPreviousText, String(decoding: source[scanner.previousText], as: UTF8.self)))
        }
        isSummary = false
        list = nil
      case .other(let byte):
        if byte != RuleWords.comma, byte != UInt8(ascii: "<"), byte != UInt8(ascii: ">"), list != .functionName {
          list = nil
        }
      }
      switch token {
      case .other(RuleWords.comma):
        if case .name(let name) = previous, beforePrevious == .other(RuleWords.dot) { listed.append(name) }
      case .other(RuleWords.dot): break
      case .name(let name) where !RuleWords.keywords.contains(name): break
      default: listed = []
      }
      if previous == .name("alert"), token != .other(UInt8(ascii: "{")), token != .other(UInt8(ascii: "(")) {
        writesAlerts = false
      }
      if previous == .other(UInt8(ascii: "(")), beforePrevious == .name("alert"), token != .other(UInt8(ascii: "{")) {
        writesAlerts = false
      }
      if token != .other(UInt8(ascii: "=")), token != .other(UInt8(ascii: "(")) { isSummary = false }
      beforePrevious = previous
      previous = token
    }
    let known = functions.union(declared.map(\.name)).union(assigned)
    undeclared = used.filter { !known.contains($0.name) }
  }
}

/// The last few tokens of a script.
private struct RecentTokens {
  private var tokens: [LuaScanner.Token] = []
  private static let limit = 6

  mutating func note(_ token: LuaScanner.Token) {
    tokens.append(token)
    if tokens.count > Self.limit { tokens.removeFirst() }
  }

  /// The name to which the last token is assigned: `on` of `on = function`.
  var assigned: String? {
    guard tokens.count >= 3, tokens[tokens.count - 2] == .other(UInt8(ascii: "=")),
      case .name(let name) = tokens[tokens.count - 3]
    else { return nil }
    return name
  }

  /// The name before the dot that the token before the last one is, when nothing is before that name.
  var base: String? {
    guard tokens.count >= 3, case .name(let base) = tokens[tokens.count - 3] else { return nil }
    if tokens.count >= 4, tokens[tokens.count - 4] == .other(UInt8(ascii: ".")) { return nil }
    return base
  }

  /// What `token` ends: the arguments of a method begin with a bracket, a table or a text.
  func methodCall(_ token: LuaScanner.Token, line: Int) -> RuleWords.MethodCall? {
    guard
      token == .other(UInt8(ascii: "(")) || token == .other(UInt8(ascii: "{")) || token == .other(UInt8(ascii: "\"")),
      tokens.count >= 5, case .name(let method) = tokens[tokens.count - 1],
      tokens[tokens.count - 2] == .other(UInt8(ascii: ":")), case .name(let field) = tokens[tokens.count - 3],
      tokens[tokens.count - 4] == .other(UInt8(ascii: ".")), case .name(let base) = tokens[tokens.count - 5]
    else { return nil }
    if tokens.count >= 6, tokens[tokens.count - 6] == .other(UInt8(ascii: ".")) { return nil }
    return RuleWords.MethodCall(base: base, field: field, method: method, line: line)
  }
}

/// Finds the texts that stand alone behind `suggest =` or as members of a list there; what is made of several parts is none.
private struct SuggestedFixes {
  private enum Place {
    case elsewhere
    case behindName
    case behindSign
    /// Where a member of the list begins.
    case member
    /// Within the list.
    case list
  }

  private var place = Place.elsewhere
  private var isInList = false
  private var text: (range: Range<Int>, line: Int)?

  /// The text before `token`, when `token` shows that it is all there is.
  mutating func read(
    _ token: LuaScanner.Token, line: Int, _ previousText: Range<Int>
  ) -> (range: Range<Int>, line: Int)? {
    let isEnd = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "}")].contains { token == .other($0) }
    let whole = isEnd ? text : nil
    text = nil
    switch (place, token) {
    case (_, .name("suggest")) where !isInList: place = .behindName
    case (.behindName, .other(UInt8(ascii: "="))): place = .behindSign
    case (.behindSign, .other(UInt8(ascii: "{"))): (place, isInList) = (.member, true)
    case (.behindSign, .other(UInt8(ascii: "\""))), (.member, .other(UInt8(ascii: "\""))):
      text = (previousText, line)
      place = isInList ? .list : .elsewhere
    case (.member, .other(UInt8(ascii: "}"))), (.list, .other(UInt8(ascii: "}"))):
      (place, isInList) = (.elsewhere, false)
    case (.member, _), (.list, _): place = isEnd ? .member : .list
    default: place = .elsewhere
    }
    return whole
  }
}
