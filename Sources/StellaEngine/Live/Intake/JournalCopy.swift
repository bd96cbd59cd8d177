import Glibc
import StellaModel

/// A copy of an ``IntakeJournal``'s directory that was made file by file while the journal was in use, so that it may lack some.
package struct JournalCopy: Sendable {
  private let identity: SourceIdentity?
  private let segments: [JournalSegment]

  /// - Parameter path: of the copy. Nothing was kept where it isn't there.
  /// - Throws: ``IntakeError`` `failed` when it can't be read.
  package init(path: String) throws(IntakeError) {
    guard access(path, F_OK) == 0 else {
      (identity, segments) = (nil, [])
      return
    }
    let directory = try JournalDirectory(path: path)
    identity = SourceIdentity(device: 0, inode: 0, fingerprintBytes: 0, fingerprint: try directory.identity())
    segments = try directory.segments()
  }

  /// The offset of the first line of the file with this path; nil when it holds no lines.
  package static func base(of path: String) -> Int64? {
    path.split(separator: "/").last.flatMap { JournalSegment.base(ofName: String($0)) }
  }

  /// Whether every line is there from where detection goes on by a saved position up to the last; of those before `start`, which
  /// were gone before, none can be.
  package func isWhole(from saved: SourcePosition?, orFrom start: Int64) -> Bool {
    var end = max(start, saved.flatMap { $0.identity == identity ? $0.offset : nil } ?? start)
    for segment in segments {
      if segment.base > end { return false }
      end = max(end, segment.end)
    }
    return true
  }
}
