/// Finds the templates of log messages in one pass: what is constant in each kind of message, with `<*>` for what varies.
///
/// A message is cut into tokens and what is variable in any log is replaced (``TemplateLexer``). Messages that are then
/// equal are of one template; that is one look-up. A message not seen so far is compared with those that differ from it
/// in one word: when that place has taken enough distinct values (more for capitals, which tend to be states, and for
/// first words), or was a variable already, it is variable and the message belongs to the template there; otherwise it
/// founds a new one. ``regroup()`` repeats this over whole templates, also for two words at a time.
///
/// The family is Drain's (He et al., ICWS 2017): online, by token count and constant tokens; counting distinct values per
/// place is from Brain (Yu et al., IEEE TSC 2023) and the n-gram view of it from Logram (Dai et al., IEEE TSE 2020).
///
/// Memory is bounded by ``Limits``. What happens depends on the order of messages only. Thread-confined.
package final class TemplateMiner {
  package struct Limits: Sendable, Hashable {
    /// Live templates; when there are more, the eighth that was unused longest is evicted.
    package var templates = 16_384
    /// Bytes of their texts.
    package var textBytes = 8 << 20
    /// Contexts remembered per generation, a power of two.
    package var contexts = 1 << 18

    package init() {}
  }

  package struct Observation: Sendable, Hashable {
    /// Counts up from 0; never used again. See ``TemplateMiner/canonical(_:)``.
    package var number: Int
    /// Whether this message is the first of a new kind. Not every message that founds a template is: one that differs from
    /// others in a single word, where two other words were seen before, will probably be grouped with them.
    package var isNew: Bool
  }

  let limits: Limits
  let lexer = TemplateLexer()
  /// For templates read back, while ``lexer`` holds a message.
  let other = TemplateLexer()
  var store = TemplateStore()
  /// From hashes of messages and templates to place (low 24 bits), flags, and number (high 32 bits).
  var known = TemplateIndex()
  /// From numbers to places of live templates, or with ``forwarded`` to the number that one was merged into.
  var places = TemplateIndex()
  var contexts: TemplateContexts
  /// Observations so far.
  package internal(set) var observations: UInt64 = 0
  /// Templates founded so far: the next number.
  package internal(set) var founded: UInt64 = 0
  /// Templates dropped for lack of room.
  package internal(set) var evictions = 0
  /// Pairs of slots known to be variable.
  var variablePairs = 0
  /// Templates founded since the last regrouping.
  var foundedSince = 0
  /// Whether the message in hand, though it founds a template, was to be expected.
  var isExpected = false

  /// Places that fit into an entry of ``known``, with room.
  static let mostPlaces = 1 << 20
  static let used: UInt64 = 1 << 24
  static let own: UInt64 = 1 << 25
  static let forwarded: UInt64 = 1 << 63
  static let placeMask: UInt64 = (1 << 24) - 1

  package init(limits: Limits = Limits()) {
    self.limits = limits
    contexts = TemplateContexts(maximum: limits.contexts)
  }

  /// Live templates.
  package var count: Int { store.count }

  package var memoryBytes: Int {
    store.memoryBytes + known.memoryBytes + places.memoryBytes + contexts.memoryBytes
      + 2 * TemplateHash.limit * MemoryLayout<TemplateToken>.stride
  }

  /// Assigns a message to its template. O(bytes) for a known kind of message; a new one costs some look-ups per word.
  ///
  /// - Parameters:
  ///   - message: without line ending; what is beyond 4,096 bytes or 128 tokens is not looked at.
  ///   - time: nanoseconds since the epoch.
  package func observe(_ message: UnsafeBufferPointer<UInt8>, time: Int64) -> Observation {
    observations &+= 1
    lexer.read(message)
    let hash = lexer.hash
    let entry = known[hash]
    if entry != TemplateIndex.none, let place = live(entry, hash) {
      if entry & TemplateMiner.used == 0 { known[hash] = known[hash] | TemplateMiner.used }
      return note(place, time)
    }
    if let place = assign(hash) { return note(place, time) }
    let place = found(time: time)
    if store.records[place].hash != hash { remember(hash, link(place) | TemplateMiner.used) }
    _ = note(place, time)
    let number = store.records[place].number
    if foundedSince >= max(64, store.count / 2) { regroup() }
    return Observation(number: Int(number), isNew: !isExpected)
  }

  /// The place that an entry of ``known`` names, if its template still lives.
  @inline(__always)
  private func live(_ entry: UInt64, _ hash: UInt64) -> Int? {
    let place = Int(entry & TemplateMiner.placeMask)
    if store.records[place].number == entry >> 32 { return place }
    return moved(entry, hash)
  }

  private func moved(_ entry: UInt64, _ hash: UInt64) -> Int? {
    guard let place = place(ofNumber: entry >> 32) else { return nil }
    known[hash] = known[hash] & TemplateMiner.used | link(place)
    return place
  }

  func link(_ place: Int) -> UInt64 { UInt64(place) | store.records[place].number << 32 }

  @inline(__always)
  private func note(_ place: Int, _ time: Int64) -> Observation {
    let record = store.records + place
    record.pointee.count += 1
    record.pointee.used = observations
    if time > record.pointee.last { record.pointee.last = time }
    if time < record.pointee.first { record.pointee.first = time }
    return Observation(number: Int(record.pointee.number), isNew: false)
  }

  /// The place of the live template that `number` is or was merged into.
  func place(ofNumber number: UInt64) -> Int? {
    var number = number
    while true {
      let value = places[number]
      if value == TemplateIndex.none { return nil }
      if value & TemplateMiner.forwarded == 0 { return Int(value) }
      number = value & ~TemplateMiner.forwarded
    }
  }

  // MARK: - Results

  package struct Template: Sendable, Hashable {
    package var number: Int
    /// The same as long as the state lives and in every replay of the stream: a hash of the message that founded it.
    package var id: UInt64
    /// With `<*>` for what varies. Unescaped: it comes from logs.
    package var text: String
    package var count: Int
    /// Nanoseconds since the epoch: the least and the greatest time of its messages.
    package var first: Int64
    package var last: Int64
  }

  /// The number of the template that `number` belongs to by now: itself, or an older one that it was merged into. The same
  /// number for one that was evicted.
  package func canonical(_ number: Int) -> Int {
    place(ofNumber: UInt64(number)).map { Int(store.records[$0].number) } ?? number
  }

  /// The template that `number` belongs to by now; nil when it was evicted.
  package func template(_ number: Int) -> Template? { place(ofNumber: UInt64(number)).map(template(at:)) }

  /// The live templates, oldest first.
  package var templates: [Template] {
    (0..<store.limit).filter { store.records[$0].number != TemplateStore.free }.map(template(at:))
      .sorted { $0.number < $1.number }
  }

  private func template(at place: Int) -> Template {
    let record = store.records[place]
    return Template(
      number: Int(record.number), id: record.id, text: String(decoding: store.text(place), as: UTF8.self),
      count: Int(record.count), first: record.first, last: record.last)
  }

  // MARK: - New messages

  /// Founds a template of the lexer's tokens.
  private func found(time: Int64) -> Int {
    let hash = lexer.hash
    if store.count >= min(limits.templates, TemplateMiner.mostPlaces) || store.textBytes >= limits.textBytes { evict() }
    let number = founded
    founded += 1
    foundedSince += 1
    let place = store.add(number: number, hash: hash, text: lexer, time: time, used: observations)
    places[number] = UInt64(place)
    remember(hash, link(place) | TemplateMiner.own | TemplateMiner.used)
    register(lexer, number: number)
    return place
  }

  /// Adds an entry to ``known``, whose size stays within eight times that of the store.
  func remember(_ hash: UInt64, _ entry: UInt64) {
    known[hash] = entry
    if known.count >= max(1 << 16, limits.templates * 4) { forget() }
  }

  private func forget() {
    known.rebuild { _, value in
      value & (TemplateMiner.own | TemplateMiner.used) == 0 ? nil : value & ~TemplateMiner.used
    }
    if known.count * 2 >= max(1 << 16, limits.templates * 4) {
      known.rebuild { _, value in value & TemplateMiner.own == 0 ? nil : value }
    }
  }

  /// Drops the eighth of the templates that was unused longest.
  private func evict() {
    var ages = (0..<store.limit).filter { store.records[$0].number != TemplateStore.free }
      .map { (used: store.records[$0].used, place: $0) }
    ages.sort { ($0.used, $0.place) < ($1.used, $1.place) }
    for (_, place) in ages.prefix(max(1, ages.count / 8)) {
      store.remove(place)
      evictions += 1
    }
    // What pointed to them goes with them, by way of merged numbers too.
    let old = places
    func isLive(_ number: UInt64) -> Bool {
      var number = number
      while true {
        let value = old[number]
        if value == TemplateIndex.none { return false }
        if value & TemplateMiner.forwarded == 0 { return store.records[Int(value)].number == number }
        number = value & ~TemplateMiner.forwarded
      }
    }
    let kept = TemplateIndex(capacity: old.capacity)
    old.visit { number, value in if isLive(number) { kept[number] = value } }
    places = kept
    known.rebuild { _, value in kept[value >> 32] == TemplateIndex.none ? nil : value }
  }
}
