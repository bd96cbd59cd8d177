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

extension SessionAddresses {
  func save(to writer: StateWriter) {
    writer.write(processes.count { $0 != 0 })
    for process in processes where process != 0 {
      writer.write(Int64(bitPattern: process))
      _ = withAddress(of: process) { writer.write(bytes: UnsafeRawBufferPointer($0)) }
    }
  }

  init(from reader: inout StateReader) throws(StateError) {
    for _ in 0..<(try reader.number(in: 0...SessionAddresses.capacity)) {
      let process = UInt64(bitPattern: try reader.integer())
      let address = try reader.slice()
      guard process != 0, address.count <= SessionAddresses.addressBytes else {
        throw StateError(message: "the address of a connection can't be one")
      }
      address.withMemoryRebound(to: UInt8.self) { record(process, address: $0) }
    }
  }
}
