import Glibc
import Synchronization

extension EngineThread {
  /// The values of `body` for 0..<count, which is called on up to `workers` threads with deep stacks at once and must not
  /// share anything that changes.
  ///
  /// - Throws: a ``LiveError`` when not even one thread can be made.
  package static func map<Value>(
    _ count: Int, workers: Int, _ body: @escaping (Int) -> Value
  ) throws(LiveError) -> [Value] {
    if count == 0 { return [] }
    let slots = Slots<Value>(count)
    var threads: [pthread_t] = []
    for _ in 0..<max(1, min(workers, count)) {
      do throws(LiveError) {
        threads.append(try start { slots.fill(body) })
      } catch {
        // The others do the work of one that can't be made.
        if threads.isEmpty { throw error }
        break
      }
    }
    for thread in threads { pthread_join(thread, nil) }
    return slots.values.compactMap(\.self)
  }
}

/// Where threads put what they made: each place is written by the one that took its number.
private final class Slots<Value> {
  private let next = Atomic(0)
  private let places: UnsafeMutableBufferPointer<Value?>

  init(_ count: Int) {
    places = .allocate(capacity: count)
    places.initialize(repeating: nil)
  }

  deinit {
    places.deinitialize()
    places.deallocate()
  }

  var values: [Value?] { Array(places) }

  func fill(_ body: (Int) -> Value) {
    while true {
      let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if number >= places.count { return }
      places[number] = body(number)
    }
  }
}
