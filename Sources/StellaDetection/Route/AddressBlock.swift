import CStellaMatch

/// An IPv4 or IPv6 network, such as `10.0.0.0/8`.
package struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
  package let bytes: [UInt8]
  package let prefix: UInt8

  /// Why a text is no network.
  package enum Failure: Error, Hashable {
    case notAnAddress
    case prefixOutOfRange(limit: Int)
    /// Bits after the prefix are set; holds the network that was probably meant.
    case bitsAfterPrefix(AddressBlock)
  }

  private init(bytes: [UInt8], prefix: UInt8) {
    self.bytes = bytes
    self.prefix = prefix
  }

  /// Reads `address/prefix`; without a prefix the block is that one address.
  package init(_ text: [UInt8]) throws(Failure) {
    let parts = text.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    var address = stella_address()
    let isAddress = Array(parts[0]).withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map { stella_address_parse($0, bytes.count, &address) } ?? false
    }
    guard isAddress, !parts[0].contains(UInt8(ascii: "%")) else { throw .notAnAddress }
    let whole = withUnsafeBytes(of: address.bytes) { Array($0) }
    let bytes = address.is_v4 ? Array(whole[12...]) : whole
    let limit = bytes.count * 8
    guard parts.count == 2 else {
      self.init(bytes: bytes, prefix: UInt8(limit))
      return
    }
    let digits = parts[1]
    guard let prefix = Int(String(decoding: digits, as: UTF8.self)), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
    else { throw .notAnAddress }
    guard prefix <= limit else { throw .prefixOutOfRange(limit: limit) }
    var network = bytes
    for index in network.indices {
      let kept = min(8, max(0, prefix - index * 8))
      network[index] &= UInt8(truncatingIfNeeded: 0xFF00 >> kept)
    }
    guard network == bytes else { throw .bitsAfterPrefix(AddressBlock(bytes: network, prefix: UInt8(prefix))) }
    self.init(bytes: bytes, prefix: UInt8(prefix))
  }

  package var description: String {
    guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") + "/\(prefix)" }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    // The longest run of zero groups, if longer than one, is left out (RFC 5952).
    var run = 0..<0
    var start = 0
    for index in 0...8 where index == 8 || groups[index] != 0 {
      if index - start > max(1, run.count) { run = start..<index }
      start = index + 1
    }
    let hex = { (groups: ArraySlice<UInt16>) in groups.map { String($0, radix: 16) }.joined(separator: ":") }
    let text = run.isEmpty ? hex(groups[...]) : hex(groups[..<run.lowerBound]) + "::" + hex(groups[run.upperBound...])
    return "\(text)/\(prefix)"
  }

  var cValue: stella_address {
    var value = stella_address()
    value.prefix = prefix
    value.is_v4 = bytes.count == 4
    withUnsafeMutableBytes(of: &value.bytes) { $0[(16 - bytes.count)...].copyBytes(from: bytes) }
    return value
  }
}
