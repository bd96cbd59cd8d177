import CStellaValue
import StellaModel

/// Which columns the fields of text formats go to. Raw tables, so that the hot path neither retains nor hashes Strings.
final class ColumnPlan {
  struct Output {
    var column: Int32
    var priority: UInt8
    var conversion: UInt8
    var isCanonical: Bool
  }

  /// First output and number of outputs per ``TextField``.
  private(set) var spans: UnsafeMutablePointer<(first: Int32, count: Int32)>
  private(set) var outputs: UnsafeMutablePointer<Output>
  /// Open addressing over the names that records may bring; a free slot has no name.
  private(set) var slots: UnsafeMutablePointer<NameSlot>
  private(set) var slotMask: Int
  let timeColumn: Int32
  let levelColumn: Int32
  private var keptNames: [UnsafeMutablePointer<UInt8>] = []

  struct NameSlot {
    var name: UnsafePointer<UInt8>?
    var length: Int32
    var first: Int32
    var count: Int32
  }

  init(_ fields: FieldTable) {
    timeColumn = fields.existingColumn(of: "time").map { Int32($0) } ?? -1
    levelColumn = fields.existingColumn(of: "level").map { Int32($0) } ?? -1
    var byName: [String: [Output]] = [:]
    for (column, name) in fields.names.enumerated() where Int32(column) != timeColumn && Int32(column) != levelColumn {
      for (priority, candidate) in FieldPath.candidates(of: name).prefix(127).enumerated()
      where candidate.path.count == 1 {
        byName[candidate.path[0], default: []].append(
          Output(
            column: Int32(column), priority: UInt8(priority), conversion: candidate.conversion.rawValue,
            isCanonical: candidate.isCanonical))
      }
    }
    var flat: [Output] = []
    spans = .allocate(capacity: TextField.allCases.count)
    for (index, field) in TextField.allCases.enumerated() {
      let found = byName[field.name] ?? []
      spans[index] = (Int32(flat.count), Int32(found.count))
      flat += found
    }
    var size = 16
    while size < byName.count * 2 + 1 { size *= 2 }
    slotMask = size - 1
    slots = .allocate(capacity: size)
    slots.initialize(repeating: NameSlot(name: nil, length: 0, first: 0, count: 0), count: size)
    for (name, found) in byName.sorted(by: { $0.key < $1.key }) {
      let bytes = Array(name.utf8)
      let kept = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 1)
      kept.initialize(repeating: 0, count: bytes.count + 1)
      kept.update(from: bytes, count: bytes.count)
      keptNames.append(kept)
      var slot = ColumnPlan.hash(Bytes(start: kept, count: bytes.count)) & slotMask
      while slots[slot].name != nil { slot = (slot + 1) & slotMask }
      slots[slot] = NameSlot(
        name: UnsafePointer(kept), length: Int32(bytes.count), first: Int32(flat.count), count: Int32(found.count))
      flat += found
    }
    outputs = .allocate(capacity: max(1, flat.count))
    outputs.initialize(from: flat, count: flat.count)
  }

  deinit {
    spans.deallocate()
    outputs.deallocate()
    slots.deallocate()
    for name in keptNames { name.deallocate() }
  }

  /// FNV-1a.
  @inline(__always)
  static func hash(_ name: Bytes) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: hash >> 1 ^ hash >> 33)
  }
}
