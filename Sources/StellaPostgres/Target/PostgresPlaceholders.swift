#if Postgres
  /// A script's statement with `$1`, `$2`, … in place of its `?`.
  ///
  /// Each `?` stands for an argument, except within texts, quoted names and remarks. PostgreSQL also has operators with this
  /// sign: `??` means one `?` of an operator, so that `??|` is written for `?|`. A statement that already has `$1` isn't
  /// understood: it has fewer marks than arguments.
  struct PostgresPlaceholders {
    private(set) var statement: [UInt8] = []
    private(set) var count = 0

    /// O(bytes).
    init(_ text: String) {
      let bytes = Array(text.utf8)
      var index = 0
      while index < bytes.count {
        let byte = bytes[index]
        let end: Int
        switch byte {
        case UInt8(ascii: "?"):
          if index + 1 < bytes.count, bytes[index + 1] == byte {
            statement.append(byte)
            index += 2
          } else {
            count += 1
            statement.append(contentsOf: "$\(count)".utf8)
            index += 1
          }
          continue
        case UInt8(ascii: "'"): end = Self.endOfText(bytes, index, hasEscapes: Self.isEscaped(bytes, index))
        case UInt8(ascii: "\""): end = Self.endOfQuoted(bytes, index)
        case UInt8(ascii: "-") where bytes[index...].starts(with: "--".utf8): end = Self.endOfLine(bytes, index)
        case UInt8(ascii: "/") where bytes[index...].starts(with: "/*".utf8): end = Self.endOfRemark(bytes, index)
        case UInt8(ascii: "$"): end = Self.endOfDollarQuoted(bytes, index)
        default: end = index + 1
        }
        statement.append(contentsOf: bytes[index..<end])
        index = end
      }
    }

    var text: String { String(decoding: statement, as: UTF8.self) }

    /// `E'…'`, where a backslash takes the next character with it.
    private static func isEscaped(_ bytes: [UInt8], _ index: Int) -> Bool {
      guard index > 0, bytes[index - 1] | 0x20 == UInt8(ascii: "e") else { return false }
      return index == 1 || !isNamePart(bytes[index - 2])
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
      byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func endOfText(_ bytes: [UInt8], _ start: Int, hasEscapes: Bool) -> Int {
      var index = start + 1
      while index < bytes.count {
        if hasEscapes, bytes[index] == UInt8(ascii: "\\") {
          index += 2
        } else if bytes[index] == UInt8(ascii: "'") {
          // A doubled one begins the next text at once, which comes to the same.
          return index + 1
        } else {
          index += 1
        }
      }
      return bytes.count
    }

    private static func endOfQuoted(_ bytes: [UInt8], _ start: Int) -> Int {
      (bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "\"")) ?? bytes.count - 1) + 1
    }

    private static func endOfLine(_ bytes: [UInt8], _ start: Int) -> Int {
      bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
    }

    /// Remarks nest.
    private static func endOfRemark(_ bytes: [UInt8], _ start: Int) -> Int {
      var depth = 0
      var index = start
      while index < bytes.count {
        if bytes[index...].starts(with: "/*".utf8) {
          depth += 1
          index += 2
        } else if bytes[index...].starts(with: "*/".utf8) {
          depth -= 1
          index += 2
          if depth == 0 { return index }
        } else {
          index += 1
        }
      }
      return bytes.count
    }

    /// `$$…$$` or `$name$…$name$`; a dollar sign that begins neither is itself.
    private static func endOfDollarQuoted(_ bytes: [UInt8], _ start: Int) -> Int {
      guard start == 0 || !isNamePart(bytes[start - 1]) else { return start + 1 }
      var close = start + 1
      while close < bytes.count, isNamePart(bytes[close]), bytes[close] != UInt8(ascii: "$") { close += 1 }
      guard close < bytes.count, bytes[close] == UInt8(ascii: "$"),
        !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[start + 1])
      else { return start + 1 }
      let tag = bytes[start...close]
      var index = close + 1
      while index + tag.count <= bytes.count {
        if bytes[index..<index + tag.count].elementsEqual(tag) { return index + tag.count }
        index += 1
      }
      return bytes.count
    }
  }
#endif
