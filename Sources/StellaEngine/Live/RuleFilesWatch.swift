import Glibc
import StellaModel

/// Which rule files there are and how they were left: equal stamps mean that nobody has touched them.
struct RuleFilesStamp: Equatable {
  private struct Entry: Equatable {
    let path: String
    let file: FileStatus.File
    let size: Int64
    let modificationTime: Int64
  }

  private let entries: [Entry]

  /// Looks at every `*.lua` file under `paths`, tests included. One system call a file.
  init(_ paths: [String]) {
    entries = RuleFiles.list(paths).compactMap { path in
      guard let status = try? FileStatus.of(path: path) else { return nil }
      return Entry(path: path, file: status.file, size: status.size, modificationTime: status.modificationTime)
    }
  }

  /// How many files are there in one of the two alone, or are others.
  func differences(from other: RuleFilesStamp) -> Int {
    let old = Dictionary(uniqueKeysWithValues: other.entries.map { ($0.path, $0) })
    let paths = Set(entries.map(\.path))
    return entries.count { old[$0.path] != $0 } + other.entries.count { !paths.contains($0.path) }
  }
}

/// Tells when rule files have changed and whoever changes them is done: two looks in a row find the same.
package final class RuleFilesWatch {
  /// Files that lie still and are to be loaded.
  struct Request {
    /// How many have changed since they were loaded last.
    let changed: Int
    /// Whether somebody asked for it, so that it is wanted without a change, too.
    let isAsked: Bool
    fileprivate let stamp: RuleFilesStamp
    fileprivate let before: RuleFilesStamp
  }

  private let paths: [String]
  /// As they are in use.
  private var used: RuleFilesStamp
  private var last: RuleFilesStamp
  private var nextLook: Int64
  private var isAsked = false

  /// Nanoseconds between two looks.
  static let interval: Int64 = 500_000_000
  /// The same when somebody has asked, who mostly is done with writing.
  static let askedInterval: Int64 = 100_000_000

  package convenience init(_ paths: [String]) { self.init(paths, now: machineMonotonicTime()) }

  init(_ paths: [String], now: Int64) {
    self.paths = paths
    used = RuleFilesStamp(paths)
    last = used
    nextLook = now + RuleFilesWatch.interval
  }

  /// The files are in use as they are now.
  package func accept() {
    used = RuleFilesStamp(paths)
    last = used
    isAsked = false
  }

  /// Somebody wants the files to be loaded, changed or not, as soon as nobody changes them any more.
  func ask(at now: Int64) {
    // Who asks again and again must not put it off.
    if isAsked { return }
    isAsked = true
    last = RuleFilesStamp(paths)
    nextLook = now + RuleFilesWatch.askedInterval
  }

  /// Waits until files have changed and nobody changes them any more.
  ///
  /// - Returns: false when a signal asks for the end.
  package func wait(_ interrupts: Interrupts) -> Bool {
    while takeChanges(at: machineMonotonicTime()) == 0 {
      var request = pollfd(fd: interrupts.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&request, 1, Int32(RuleFilesWatch.interval / 1_000_000))
      if interrupts.take().contains(where: { $0 != .hangup }) { return false }
    }
    return true
  }

  /// How many files have changed, once nobody changes them any more, and accepts that; 0 otherwise.
  ///
  /// - Parameter now: monotonic nanoseconds.
  package func takeChanges(at now: Int64) -> Int { takeRequest(at: now)?.changed ?? 0 }

  /// What is to be loaded, once: the files count as in use from then on, unless it is given back.
  ///
  /// - Parameter now: monotonic nanoseconds.
  func takeRequest(at now: Int64) -> Request? {
    if now < nextLook { return nil }
    nextLook = now + (isAsked ? RuleFilesWatch.askedInterval : RuleFilesWatch.interval)
    let stamp = RuleFilesStamp(paths)
    defer { last = stamp }
    guard stamp == last, isAsked || stamp != used else { return nil }
    let request = Request(
      changed: stamp.differences(from: used), isAsked: isAsked, stamp: stamp, before: used)
    used = stamp
    isAsked = false
    return request
  }

  /// Whether the files are still as they were when they were found to lie still. Asked after reading them, it tells that
  /// all were read from one state of the directory.
  func isCurrent(_ request: Request) -> Bool { RuleFilesStamp(paths) == request.stamp }

  /// Takes a request back whose files have changed while they were read: it comes again once they lie still.
  func giveBack(_ request: Request) {
    used = request.before
    isAsked = isAsked || request.isAsked
  }
}
