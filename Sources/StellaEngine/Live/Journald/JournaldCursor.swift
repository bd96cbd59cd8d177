import Glibc
import StellaModel

/// The cursors of entries within lines of JSON.
enum JournaldCursor {
  private static let name = Array("\"__CURSOR\":\"".utf8)
  private static let limit = 1024

  /// The last cursor; with `known`, the last one of these.
  static func last(in text: some Collection<UInt8>, of known: Set<String>? = nil) -> String? {
    let bytes = Array(text)
    guard bytes.count > name.count else { return nil }
    var place = bytes.count - name.count
    while place >= 0 {
      if bytes[place] == name[0], bytes[place..<place + name.count].elementsEqual(name) {
        let value = bytes[(place + name.count)...].prefix { $0 != UInt8(ascii: "\"") }
        let cursor = checked(String(decoding: value, as: UTF8.self))
        guard let known else { return cursor }
        if let cursor, known.contains(cursor) { return cursor }
      }
      place -= 1
    }
    return nil
  }

  /// A cursor goes into the arguments of a command: only what journald itself makes.
  static func checked(_ text: String) -> String? {
    let isCursor = text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x3d || $0 == 0x3b
    }
    return isCursor && !text.isEmpty && text.utf8.count <= limit ? text : nil
  }

  /// The last one of these cursors in the files of an intake journal. Reads them from their ends; O(bytes behind it).
  static func last(of known: Set<String>, inSegmentsOf directory: String) -> String? {
    guard let open = opendir(directory) else { return nil }
    defer { closedir(open) }
    var bases: [Int64] = []
    while let entry = readdir(open) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let base = JournalSegment.base(ofName: name) { bases.append(base) }
    }
    for base in bases.sorted(by: >) {
      if let found = last(of: known, inFile: directory + "/" + JournalSegment.name(base)) { return found }
    }
    return nil
  }

  private static func last(of known: Set<String>, inFile path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var end = lseek(descriptor, 0, SEEK_END)
    let piece = 1 << 20
    var bytes = [UInt8](repeating: 0, count: piece + limit)
    while end > 0 {
      let start = max(0, end - off_t(piece))
      // The pieces overlap, so that none cuts a cursor.
      let count = pread(descriptor, &bytes, min(bytes.count, Int(end - start) + limit), start)
      guard count > 0 else { return nil }
      if let found = last(in: bytes[..<count], of: known) { return found }
      end = start
    }
    return nil
  }
}
