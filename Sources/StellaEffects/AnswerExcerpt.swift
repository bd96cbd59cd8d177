import StellaModel

/// What people are shown of the answer of a target: some of its text, on one line, and never a secret that it gave back.
struct AnswerExcerpt {
  static let limitBytes = 200

  let known: KnownSecrets

  init(_ secrets: any SecretSource) { known = KnownSecrets(secrets.all) }

  /// The beginning of an answer.
  func beginning(of bytes: [UInt8]) -> String { line(bytes, bytes.prefix(Self.limitBytes)) }

  /// The end of an output, where programs say what went wrong.
  func end(of bytes: [UInt8]) -> String { line(bytes, bytes.suffix(Self.limitBytes)) }

  /// All of `bytes` are looked through, because half a secret at the edge of the excerpt is too much already.
  private func line(_ bytes: [UInt8], _ excerpt: ArraySlice<UInt8>) -> String {
    for spelling in [bytes, bytes.filter { $0 != UInt8(ascii: "\\") }, Self.percentDecoded(bytes)] {
      if let reference = known.first(in: spelling) { return "(left out, it holds \(reference))" }
    }
    let text = String(decoding: Self.wholeScalars(excerpt), as: UTF8.self)
    return text.split(whereSeparator: { $0.isWhitespace }).joined(separator: " ")
  }

  /// Without the parts of a character that a cut has left at either end.
  private static func wholeScalars(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes.drop { $0 & 0xC0 == 0x80 }
    if let lead = bytes.suffix(4).lastIndex(where: { $0 & 0xC0 != 0x80 }) {
      let length = bytes[lead] < 0xC0 ? 1 : bytes[lead] < 0xE0 ? 2 : bytes[lead] < 0xF0 ? 3 : 4
      if lead + length > bytes.endIndex { bytes = bytes[..<lead] }
    }
    return bytes
  }

  private static func percentDecoded(_ bytes: [UInt8]) -> [UInt8] {
    func digit(_ byte: UInt8) -> UInt8? {
      switch byte {
      case 0x30...0x39: byte - 0x30
      case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x61 + 10
      default: nil
      }
    }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
        let low = digit(bytes[index + 2])
      {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return decoded
  }
}
