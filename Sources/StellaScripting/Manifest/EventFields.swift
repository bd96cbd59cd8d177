/// Guesses which fields a script reads, so that they are decoded from the first batch on.
///
/// A wrong guess costs a column, a missed one a slower first batch: the field is then decoded again for each event.
package enum EventFields {
  /// The names after `e.` in `source`, in order of first appearance. O(bytes).
  package static func read(in source: [UInt8]) -> [String] {
    func isNameByte(_ c: UInt8) -> Bool {
      (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c == 95
    }
    var names: [String] = []
    var position = 0
    while position + 2 < source.count {
      defer { position += 1 }
      guard source[position] == UInt8(ascii: "e"), source[position + 1] == UInt8(ascii: "."),
        position == 0 || !(isNameByte(source[position - 1]) || source[position - 1] == UInt8(ascii: "."))
      else { continue }
      let name = source[(position + 2)...].prefix(while: isNameByte)
      let text = String(decoding: name, as: UTF8.self)
      if let first = name.first, !(first >= 48 && first <= 57), !names.contains(text) { names.append(text) }
    }
    return names
  }
}
