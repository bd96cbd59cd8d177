/// Alerts that were resolved by hand, of which one side was told: what the person said, or that detection has ended the alert. Which of
/// them comes first depends on who is faster, and the other one is no news.
struct ToldEnds {
  /// The oldest first. Of those that have no other side, such as alerts that detection didn't hold any more, the last are kept.
  private var ids: [String] = []
  private let limit: Int

  init(limit: Int = 1000) { self.limit = limit }

  /// Whether the other side was told. The next call for the alert is about another end of it then.
  mutating func takeOther(of id: String) -> Bool {
    if let place = ids.lastIndex(of: id) {
      ids.remove(at: place)
      return true
    }
    if ids.count == limit { ids.removeFirst() }
    ids.append(id)
    return false
  }
}
