import CStellaValue
import StellaDetection
import StellaModel

/// Numbers for names of services, from 1 on. Few services have most of the events, so those are found by looking at each.
struct ServiceNames {
  /// Names that are compared one by one, and those that are known at most.
  private static let near = 16
  private static let limit = 512

  private(set) var names: [String] = []
  private var bytes: [[UInt8]] = []
  private var places: [[UInt8]: UInt32] = [:]

  /// Begins anew when there are many, so that logs that name ever new ones take no more memory.
  mutating func forgetMany() { if names.count > Self.limit { self = ServiceNames() } }

  /// Nil for 0.
  subscript(place: UInt32) -> String? { place == 0 ? nil : names[Int(place) - 1] }

  mutating func place(of name: String) -> UInt32 {
    var name = name
    return name.withUTF8 { place(of: $0) }
  }

  mutating func place(of cell: stella_value) -> UInt32 {
    switch Int(cell.kind) {
    case STELLA_MISSING, STELLA_NULL: 0
    case STELLA_STRING: place(of: UnsafeBufferPointer(start: cell.p, count: Int(cell.length)))
    default: cell.plainValue.map { place(of: $0.json) } ?? 0
    }
  }

  private mutating func place(of name: UnsafeBufferPointer<UInt8>) -> UInt32 {
    for place in 0..<min(bytes.count, Self.near) where bytes[place].count == name.count {
      if bytes[place].elementsEqual(name) { return UInt32(place + 1) }
    }
    let key = Array(name)
    if let known = places[key] { return known }
    names.append(String(decoding: key, as: UTF8.self))
    bytes.append(key)
    places[key] = UInt32(names.count)
    return UInt32(names.count)
  }
}
