/// Which address a process of a daemon serves. sshd forks one process per connection and names the address in only some of
/// its messages; the others get it from here. A table of fixed size: a newer connection takes over the slot of an older
/// one. O(1), and no allocation after the first connection.
package struct SessionAddresses: Sendable, Hashable {
  package static let capacity = 256
  private static let addressBytes = 48

  private var processes: [UInt64] = []
  private var lengths: [UInt8] = []
  private var addresses: [UInt8] = []

  package init() {}

  /// `process` identifies host and process id; not 0.
  package mutating func record(_ process: UInt64, address: UnsafeBufferPointer<UInt8>) {
    guard address.count <= SessionAddresses.addressBytes else { return }
    if processes.isEmpty {
      processes = Array(repeating: 0, count: SessionAddresses.capacity)
      lengths = Array(repeating: 0, count: SessionAddresses.capacity)
      addresses = Array(repeating: 0, count: SessionAddresses.capacity * SessionAddresses.addressBytes)
    }
    let slot = SessionAddresses.slot(process)
    processes[slot] = process
    lengths[slot] = UInt8(address.count)
    for index in 0..<address.count { addresses[slot * SessionAddresses.addressBytes + index] = address[index] }
  }

  /// Calls `body` with the address that `process` serves, valid only during the call; nil when it isn't known.
  package func withAddress<Result>(
    of process: UInt64, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result? {
    guard !processes.isEmpty else { return nil }
    let slot = SessionAddresses.slot(process)
    guard processes[slot] == process else { return nil }
    return addresses.withUnsafeBufferPointer {
      body($0.slice(slot * SessionAddresses.addressBytes, slot * SessionAddresses.addressBytes + Int(lengths[slot])))
    }
  }

  /// The connection of `process` has ended.
  package mutating func forget(_ process: UInt64) {
    guard !processes.isEmpty else { return }
    let slot = SessionAddresses.slot(process)
    if processes[slot] == process { processes[slot] = 0 }
  }

  private static func slot(_ process: UInt64) -> Int {
    Int(truncatingIfNeeded: (process &* 0x9E37_79B9_7F4A_7C15) >> 56)
  }
}

extension SessionAddresses: Codable {
  private struct Entry: Codable {
    let process: UInt64
    let address: String
  }

  /// The connections in force, as a list.
  package func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    for process in processes where process != 0 {
      guard let address = withAddress(of: process, { String(decoding: $0, as: UTF8.self) }) else { continue }
      try list.encode(Entry(process: process, address: address))
    }
  }

  package init(from decoder: any Swift.Decoder) throws {
    self.init()
    var list = try decoder.unkeyedContainer()
    while !list.isAtEnd {
      let entry = try list.decode(Entry.self)
      var address = entry.address
      address.withUTF8 { record(entry.process, address: $0) }
    }
  }
}
