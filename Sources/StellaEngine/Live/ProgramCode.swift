import Glibc

/// The machine code of this program and of its libraries.
package enum ProgramCode {
  /// Gives back the resident pages of it. Most were only needed to start; those that are run again come from the page cache.
  package static func release() {
    guard let maps = fopen("/proc/self/maps", "re") else { return }
    defer { fclose(maps) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, maps) > 0, let line {
      // FROM-TO PERMISSIONS OFFSET DEVICE INODE PATH; only what nobody can have written to, and what lies in a file.
      let words = String(cString: line).split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard words.count == 6, words[1] == "r-xp", words[4] != "0" else { continue }
      let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard ends.count == 2, let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else { continue }
      madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED)
    }
  }
}
