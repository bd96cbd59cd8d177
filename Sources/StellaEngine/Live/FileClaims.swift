import StellaModel

/// Which source reads, or has read, which file. A pattern such as `app.log*` matches a file under its new name after a
/// rotation; without this its lines would be read twice.
///
/// The owner is one thread.
package final class FileClaims {
  private struct Claim {
    let owner: ObjectIdentifier
    let file: OpenFile
    let number: Int
  }
  /// Finished files that are remembered; a rotation keeps far fewer.
  private static let limit = 4096

  private var claims: [FileStatus.File: Claim] = [:]
  private var next = 0
  /// How files began that were truncated since, the latest last.
  private var truncated: [[UInt8]] = []

  package init() {}

  /// True when `file` is `owner`'s from now on; false when another source has it.
  func claim(_ file: OpenFile, for owner: AnyObject) -> Bool {
    let id = ObjectIdentifier(owner)
    if claims[file.file]?.owner != id, isClaimed(file) { return false }
    // Also when a closed file's inode went to a new file: its claim has ended.
    claims[file.file] = Claim(owner: id, file: file, number: next)
    next += 1
    if claims.count > FileClaims.limit { forgetOldest() }
    return true
  }

  /// Whether some source has, or had, this file.
  func isClaimed(_ file: OpenFile) -> Bool {
    guard let held = claims[file.file] else { return false }
    return held.file.isOpen || file.begins(as: held.file.identity)
  }

  /// `file` is about to be taken for empty: a copy of what it was may come up under another name.
  func noteTruncation(of file: OpenFile) {
    guard !file.prefix.isEmpty else { return }
    truncated.append(file.prefix)
    if truncated.count > 64 { truncated.removeFirst() }
  }

  /// Whether `file` begins as a file that is read or was, as far as it is written: a rotation by copying makes such.
  /// Says nothing about the rest, so ask only for names that rotation gives. O(claims).
  func isCopy(_ file: OpenFile) -> Bool {
    let known = claims.values.map(\.file.prefix) + truncated
    return known.contains { prefix in
      !prefix.isEmpty && (file.prefix.starts(with: prefix) || prefix.starts(with: file.prefix))
    }
  }

  private func forgetOldest() {
    let closed = claims.filter { !$0.value.file.isOpen }.sorted { $0.value.number < $1.value.number }
    for (file, _) in closed.prefix(FileClaims.limit / 2) { claims[file] = nil }
  }
}
