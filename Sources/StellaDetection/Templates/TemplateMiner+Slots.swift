/// Which words of a message are values: see ``TemplateMiner``.
extension TemplateMiner {
  /// Distinct values that make a slot variable.
  private static let values = 5
  /// The same when all are in capitals.
  private static let capitalValues = 8
  /// The same for the first word of a message.
  private static let firstValues = 16
  /// The same where a name must stand, as behind `for user`.
  private static let labelledValues = 2
  /// Distinct values of a slot from which on a further one makes no news, though the grouping waits for more.
  private static let expectedValues = 3
  /// Constant words that a message with a variable slot needs at least, and with one that was a variable already.
  private static let constants = 2
  private static let starConstants = 3
  /// Words of one message that are found variable one after the other; each costs a look at all of them.
  private static let mostChanges = 8
  /// Words of a message of which pairs are looked at.
  static let pairWords = 12

  /// What the hash of the lexer's tokens would be with a blank at `position`.
  @inline(__always)
  static func context(_ lexer: TemplateLexer, _ hash: UInt64, _ position: Int) -> UInt64 {
    hash &+ (TemplateHash.slot &- lexer.tokens[position].hash) &* TemplateHash.factors[position]
  }

  @inline(__always)
  static func context(_ lexer: TemplateLexer, _ hash: UInt64, _ first: Int, _ second: Int) -> UInt64 {
    context(lexer, hash, first)
      &+ (TemplateHash.secondSlot &- lexer.tokens[second].hash) &* TemplateHash.factors[second]
  }

  /// The place of the template that the lexer's message, not seen so far, belongs to; nil when it founds one. Then
  /// ``isExpected`` tells whether it is merely one more value where others were seen.
  func assign(_ hash: UInt64) -> Int? {
    isExpected = false
    if lexer.count < 2 { return nil }
    if let place = generalised(hash) { return place }
    let hash = lexer.hash
    let words = Words(lexer)
    for position in 0..<lexer.count where lexer.tokens[position].isValue {
      let key = TemplateMiner.context(lexer, hash, position)
      guard var context = contexts.find(key) else { continue }
      TemplateMiner.count(lexer.tokens[position], in: &context)
      guard isVariable(position, of: lexer, words, values: Int(context.values), flags: context.flags) else {
        if words.first < position, words.count > TemplateMiner.constants, context.flags.contains(.plain),
          context.values >= TemplateMiner.expectedValues
        {
          isExpected = true
        }
        continue
      }
      context.flags.insert(.variable)
      contexts.set(key, context)
      guard let place = place(ofNumber: UInt64(context.number)) else { continue }
      register(lexer, number: store.records[place].number)
      remember(hash, link(place) | TemplateMiner.used)
      generalise(place)
      return place
    }
    return nil
  }

  /// Makes variable what is known to be, and looks whether the template is known then. The lexer keeps what was changed.
  private func generalised(_ original: UInt64) -> Int? {
    var hash = original
    var position = 0
    var changes = 0
    while position < lexer.count, changes < TemplateMiner.mostChanges {
      defer { position += 1 }
      let token = lexer.tokens[position]
      guard token.isConstantWord, let context = contexts.find(TemplateMiner.context(lexer, hash, position)),
        context.flags.contains(.variable)
      else { continue }
      lexer.makeVariable(position)
      lexer.collapse()
      hash = lexer.hash
      if let place = exact(hash, alias: original) { return place }
      // Other slots are known with this one variable.
      position = -1
      changes += 1
    }
    if hash == original, generalisePair(hash) { return exact(lexer.hash, alias: original) }
    return nil
  }

  private func exact(_ hash: UInt64, alias: UInt64) -> Int? {
    let entry = known[hash]
    guard entry != TemplateIndex.none, let place = place(ofNumber: entry >> 32) else { return nil }
    remember(alias, link(place) | TemplateMiner.used)
    return place
  }

  /// Makes two words of the lexer's message variable when a template says that they are. Returns whether one did.
  func generalisePair(_ hash: UInt64) -> Bool {
    let places = TemplateMiner.pairPositions(lexer)
    for (index, first) in places.enumerated() {
      for second in places[(index + 1)...] where isVariablePair(hash, first, second) {
        lexer.makeVariable(first)
        lexer.makeVariable(second)
        lexer.collapse()
        return true
      }
    }
    return false
  }

  /// Whether two slots are variable together: found so by ``regroup()``, or each by itself where the other one is.
  private func isVariablePair(_ hash: UInt64, _ first: Int, _ second: Int) -> Bool {
    func masked(_ position: Int) -> UInt64 {
      (TemplateHash.variable &- lexer.tokens[position].hash) &* TemplateHash.factors[position]
    }
    func isVariable(_ key: UInt64) -> Bool { contexts.find(key)?.flags.contains(.variable) == true }
    if variablePairs > 0, isVariable(TemplateMiner.context(lexer, hash, first, second)) { return true }
    if known[hash &+ masked(first) &+ masked(second)] == TemplateIndex.none { return false }
    return isVariable(TemplateMiner.context(lexer, hash &+ masked(second), first))
      || isVariable(TemplateMiner.context(lexer, hash &+ masked(first), second))
  }

  static func pairPositions(_ lexer: TemplateLexer) -> [Int] {
    let words = (0..<lexer.count).filter { lexer.tokens[$0].isConstantWord }
    return words.count > pairWords ? [] : Array(words.dropFirst())
  }

  // MARK: - The rule

  /// The constant words of a message.
  struct Words {
    let count: Int
    let first: Int

    init(_ lexer: TemplateLexer) {
      var count = 0
      var first = Int.max
      for position in 0..<lexer.count where lexer.tokens[position].isConstantWord {
        if count == 0 { first = position }
        count += 1
      }
      self.count = count
      self.first = first
    }
  }

  static func count(_ token: TemplateToken, in context: inout TemplateContexts.Context) {
    context.values = min(context.values + 1, 1000)
    if token.isVariable {
      context.flags.insert(.star)
    } else if !token.flags.contains(.capitals) {
      context.flags.insert(.plain)
    }
  }

  /// Whether the slot at `position`, having taken `values` distinct values, is a variable.
  func isVariable(
    _ position: Int, of lexer: TemplateLexer, _ words: Words, values: Int, flags: TemplateContexts.Context.Flags
  ) -> Bool {
    let others = words.count - (lexer.tokens[position].isConstantWord ? 1 : 0)
    if flags.contains(.variable) { return true }
    if others < TemplateMiner.constants || values < 2 { return false }
    if words.first >= position { return values >= TemplateMiner.firstValues }
    if flags.contains(.star), others >= TemplateMiner.starConstants { return true }
    if !flags.contains(.plain) { return values >= TemplateMiner.capitalValues }
    if values >= TemplateMiner.values { return true }
    return values >= TemplateMiner.labelledValues && lexer.isLabelled(position)
  }

  // MARK: - Bookkeeping

  /// Counts the values of all slots of a message that is seen for the first time.
  func register(_ lexer: TemplateLexer, number: UInt64) {
    let hash = lexer.hash
    for position in 0..<lexer.count where lexer.tokens[position].isValue {
      let token = lexer.tokens[position]
      let key = TemplateMiner.context(lexer, hash, position)
      var context = contexts.find(key) ?? .init(key: key, number: UInt32(truncatingIfNeeded: number))
      if place(ofNumber: UInt64(context.number)) == nil { context.number = UInt32(truncatingIfNeeded: number) }
      TemplateMiner.count(token, in: &context)
      contexts.set(key, context)
    }
  }

  /// Makes variable what differs between the template at `place` and the lexer's message.
  func generalise(_ place: Int) {
    store.read(place, into: other)
    guard other.count == lexer.count else { return }
    var isChanged = false
    for position in 0..<other.count
    where other.tokens[position].hash != lexer.tokens[position].hash && !other.tokens[position].isVariable {
      other.makeVariable(position)
      isChanged = true
    }
    if isChanged { replace(place) }
  }

  /// Gives the template at `place` the tokens in ``other``, which were read from it.
  private func replace(_ place: Int) {
    other.collapse()
    let before = store.records[place].hash
    let entry = known[before]
    if entry != TemplateIndex.none { known[before] = entry & ~TemplateMiner.own }
    let hash = other.hash
    store.replaceText(place, with: other, hash: hash)
    store.read(place, into: other)
    remember(hash, link(place) | TemplateMiner.own | TemplateMiner.used)
    register(other, number: store.records[place].number)
  }
}
