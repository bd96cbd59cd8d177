import CStellaMatch
import CStellaValue

/// Constants of expressions in the form that cells are compared with, for as long as the pool lives.
final class ConstantPool {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  func bytes(_ bytes: [UInt8]) -> UnsafeBufferPointer<UInt8> {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
    copy.initialize(from: bytes, count: bytes.count)
    blocks.append(UnsafeMutableRawPointer(copy))
    return UnsafeBufferPointer(start: copy, count: bytes.count)
  }

  func cells(_ literals: [Literal]) -> UnsafePointer<stella_value> {
    let cells = UnsafeMutablePointer<stella_value>.allocate(capacity: max(1, literals.count))
    blocks.append(UnsafeMutableRawPointer(cells))
    for (index, literal) in literals.enumerated() {
      var cell = stella_value()
      switch literal {
      case .null: cell.kind = UInt8(STELLA_NULL)
      case .bool(let value):
        cell.kind = UInt8(STELLA_BOOL)
        cell.i = value ? 1 : 0
      case .integer(let value):
        cell.kind = UInt8(STELLA_INT)
        cell.i = value
      case .double(let value):
        cell.kind = UInt8(STELLA_DOUBLE)
        cell.d = value
      case .text(let text):
        let copy = bytes(text)
        cell.kind = UInt8(STELLA_STRING)
        cell.p = copy.baseAddress
        cell.length = UInt32(copy.count)
      }
      (cells + index).initialize(to: cell)
    }
    return UnsafePointer(cells)
  }

  func addresses(_ addresses: [stella_address]) -> UnsafeBufferPointer<stella_address> {
    let copy = UnsafeMutablePointer<stella_address>.allocate(capacity: max(1, addresses.count))
    copy.initialize(from: addresses, count: addresses.count)
    blocks.append(UnsafeMutableRawPointer(copy))
    return UnsafeBufferPointer(start: copy, count: addresses.count)
  }
}
