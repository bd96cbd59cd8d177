import Foundation
import Testing

/// The library of `Tests/CrashPoints/crash_points.c`, made for one test.
struct CrashPoints {
  enum Manner: String {
    /// Killed before the call.
    case kill
    /// Killed after half of a write.
    case torn
    /// Stopped before the call, which is done once the process continues.
    case stop
    /// No space from this call on, until the reserve is given up; half of this one is done.
    case full
  }

  let library: String
  /// What the paths of the files have in common that are counted.
  let counted: String

  init(in directory: CommandDirectory, counting counted: String) throws {
    self.counted = counted
    library = directory("crash_points.so")
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("CrashPoints/crash_points.c")
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source.path]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "the C compiler could not make \(source.path)")
  }

  /// The environment of a process to which that happens in its n-th call; in none when `call` is 0.
  ///
  /// - Parameter trace: a file that gets a letter for each call; another one with `.names` behind its name gets their files.
  func environment(_ manner: Manner = .kill, at call: Int, trace: String? = nil) -> [String: String] {
    var environment = ["LD_PRELOAD": library, "CRASH_DIRECTORY": counted, "CRASH_AT": "\(call)"]
    switch manner {
    case .kill: break
    case .torn: environment["CRASH_TORN"] = "1"
    case .stop, .full: environment["CRASH_MANNER"] = manner.rawValue
    }
    environment["CRASH_TRACE"] = trace
    environment["CRASH_NAMES"] = trace.map { $0 + ".names" }
    return environment
  }
}
