import Glibc
import StellaSQLite

/// Whether the store can keep what it is given.
enum StoreStanding {
  /// With less than this free, in bytes, the next alert may find no room.
  private static let least: Int64 = 1 << 20

  /// Why nothing can be kept; nil when it can.
  static func trouble(_ desk: RemediationDesk) -> String? {
    if let trouble = desk.store.writeTrouble { return trouble }
    guard let free = space(desk.directory.path)?.free, free < least else { return nil }
    return "less than \(least >> 20) MiB is free on its file system, and nothing new can be kept. Free some space."
  }

  /// Bytes that this user may still use where `path` is, and of how many; nil when that can't be told.
  static func space(_ path: String) -> (free: Int64, all: Int64)? {
    var status = statvfs()
    guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return nil }
    let size = UInt64(status.f_frsize)
    // What is reserved for root is there for root.
    let free = geteuid() == 0 ? status.f_bfree : status.f_bavail
    return (Int64(clamping: UInt64(free) * size), Int64(clamping: UInt64(status.f_blocks) * size))
  }
}
