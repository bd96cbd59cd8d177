/// Gives each of some people one of the approvals that they can fill, so that as many as possible are filled: somebody who
/// is in two groups stands for one of them, for whichever lets the others stand for the rest.
///
/// A maximum matching by augmenting paths (Kuhn 1955). O(people² × seats) at worst, with few of both.
struct Seating: Sendable {
  let seats: [Seat]
  /// By seat: the place of a person in ``people``, nil when it is open.
  private(set) var holders: [Int?]
  private(set) var people: [Person] = []

  init(seats: [Seat], people: [Person] = []) {
    self.seats = seats
    holders = Array(repeating: nil, count: seats.count)
    for person in people { add(person) }
  }

  var isFull: Bool { !holders.contains(nil) }

  /// Seats taken so far.
  var taken: Int { holders.count { $0 != nil } }

  /// Those with a seat keep one, perhaps another. False when there was none for this person.
  @discardableResult
  mutating func add(_ person: Person) -> Bool {
    people.append(person)
    var tried = Array(repeating: false, count: seats.count)
    return place(people.count - 1, &tried)
  }

  private mutating func place(_ person: Int, _ tried: inout [Bool]) -> Bool {
    for seat in seats.indices where !tried[seat] && seats[seat].admits(people[person]) {
      tried[seat] = true
      if let holder = holders[seat] {
        guard place(holder, &tried) else { continue }
      }
      holders[seat] = person
      return true
    }
    return false
  }

  /// Whether one more approval by this person would fill an open seat.
  func wouldHelp(_ person: Person) -> Bool {
    var next = self
    return next.add(person)
  }
}
