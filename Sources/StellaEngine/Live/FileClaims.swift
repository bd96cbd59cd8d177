import StellaModel

/// Which source reads, or has read, which file. A pattern such as `app.log*` matches a file under its new name after a
/// rotation; without this its lines would be read twice.
///
/// The owner is one thread.
package final class FileClaims {
  private struct Key: Hashable {
    let device: UInt64
    let inode: UInt64
  }
  private struct Claim {
    let owner: ObjectIdentifier
    let file: OpenFile
    let number: Int
  }
  /// Finished files that are remembered; a rotation keeps far fewer.
  private static let limit = 4096

  private var claims: [Key: Claim] = [:]
  private var next = 0

  package init() {}

  /// True when `file` is `owner`'s from now on; false when another source has it.
  func claim(_ file: OpenFile, for owner: AnyObject) -> Bool {
    let key = Key(device: file.device, inode: file.inode)
    let id = ObjectIdentifier(owner)
    if let held = claims[key], held.owner != id, held.file.isOpen || file.begins(as: held.file.identity) {
      return false
    }
    // Also when a closed file's inode went to a new file: its claim has ended.
    claims[key] = Claim(owner: id, file: file, number: next)
    next += 1
    if claims.count > FileClaims.limit { forgetOldest() }
    return true
  }

  /// Whether some source has the file that `status` describes; `begins` is asked only for files that are closed.
  func isClaimed(_ file: OpenFile) -> Bool {
    guard let held = claims[Key(device: file.device, inode: file.inode)] else { return false }
    return held.file.isOpen || file.begins(as: held.file.identity)
  }

  private func forgetOldest() {
    let closed = claims.filter { !$0.value.file.isOpen }.sorted { $0.value.number < $1.value.number }
    for (key, _) in closed.prefix(FileClaims.limit / 2) { claims[key] = nil }
  }
}
