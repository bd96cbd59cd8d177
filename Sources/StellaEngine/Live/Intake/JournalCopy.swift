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

  /// Whether this is the path of a file with lines.
  package static func isSegment(_ path: String) -> Bool {
    path.split(separator: "/").last.flatMap { JournalSegment.base(ofName: String($0)) } != nil
  }

  /// The offset of the first line; nil when there is none.
  package var start: Int64? { segments.first?.base }

  /// Whether every line is there from where detection goes on by a saved position, or else from `start`, up to the last.
  package func isWhole(from saved: SourcePosition?, else start: Int64) -> Bool {
    var end = saved.flatMap { $0.identity == identity ? $0.offset : nil } ?? start
    for segment in segments {
      if segment.base > end { return false }
      end = max(end, segment.end)
    }
    return true
  }
}
