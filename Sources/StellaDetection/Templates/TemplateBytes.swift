/// What single bytes and short words are to template mining.
enum TemplateBytes {
  static let delimiter: UInt8 = 1
  static let digit: UInt8 = 2
  static let slash: UInt8 = 4
  static let colon: UInt8 = 8
  static let dot: UInt8 = 16
  /// Other punctuation that may stand inside a word: `-+*#@~`.
  static let inner: UInt8 = 32
  static let upper: UInt8 = 64
  static let lower: UInt8 = 128

  /// The classes of every byte. Bytes of letters beyond ASCII count as small letters; the underscore as none.
  nonisolated(unsafe) static let classes: UnsafePointer<UInt8> = {
    let classes = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    classes.initialize(repeating: 0, count: 256)
    for byte in 0...32 { classes[byte] = delimiter }
    for byte in "()[]{}<>\"'`,;=|!?&^%$".utf8 { classes[Int(byte)] = delimiter }
    for byte in "0123456789".utf8 { classes[Int(byte)] = digit }
    for byte in "/\\".utf8 { classes[Int(byte)] = slash }
    classes[Int(UInt8(ascii: ":"))] = colon
    classes[Int(UInt8(ascii: "."))] = dot
    for byte in "-+*#@~".utf8 { classes[Int(byte)] = inner }
    for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { classes[Int(byte)] = upper }
    for byte in UInt8(ascii: "a")...UInt8(ascii: "z") { classes[Int(byte)] = lower }
    for byte in 128...255 { classes[byte] = lower }
    classes[127] = delimiter
    return UnsafePointer(classes)
  }()

  /// Whether a byte of `classes` may end a word without being part of it: `.:-*#@~+`.
  static let trailing: UInt8 = colon | dot | inner

  // MARK: - Words that say how a number is meant

  /// The word in small letters as a number; at most eight bytes.
  @inline(__always)
  static func folded(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    TemplateHash.packed(base, count) | (0x2020_2020_2020_2020 >> UInt64(8 * (8 - count)))
  }

  private static func sorted(_ words: String) -> [UInt64] {
    words.split(separator: " ").map { word in
      var number: UInt64 = 0
      for (place, byte) in word.utf8.enumerated() { number |= UInt64(byte | 0x20) << UInt64(8 * place) }
      return number
    }.sorted()
  }

  /// Words of at most eight bytes, looked up by ``folded(_:_:)``.
  struct Words: @unchecked Sendable {
    // Written once, before any thread can read it.
    private let base: UnsafeMutablePointer<UInt64>
    private let count: Int

    init(_ words: String) {
      let sorted = TemplateBytes.sorted(words)
      count = sorted.count
      base = .allocate(capacity: sorted.count)
      for (place, word) in sorted.enumerated() { base[place] = word }
    }

    func contains(_ word: UInt64) -> Bool {
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        if base[middle] == word { return true }
        if base[middle] < word { low = middle + 1 } else { high = middle }
      }
      return false
    }
  }

  /// Units that stand behind a number.
  static let units = Words(
    "b kb mb gb tb kib mib gib byte bytes ns us ms s sec secs second seconds min mins minute minutes h hr hour hours "
      + "day days hz khz mhz ghz")
  static let days = Words("mon tue wed thu fri sat sun")
  static let months = Words("jan feb mar apr may jun jul aug sep oct nov dec")
  static let zones = Words("utc gmt pdt pst edt est cet cest cst cdt mst mdt am pm")
  /// Values that are written as words.
  static let values = Words("true false null nil nan")
  /// Words for what has a name, and those that stand before them.
  static let labels = Words("user username account host hostname")
  static let prepositions = Words("for of by from to as with on at in")
}
