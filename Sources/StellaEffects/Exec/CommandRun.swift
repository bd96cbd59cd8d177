import CStellaProcess

#if canImport(Glibc)
  import Glibc

  private let systemRead = Glibc.read
#else
  import Darwin

  private let systemRead = Darwin.read
#endif

/// One command from its start to its end, and everything that it started.
struct CommandRun {
  enum End: Sendable, Hashable {
    case exited(Int)
    case signalled(Int)
    /// The program was never executed, for this reason.
    case notStarted(String)
    /// The one who watched over it was killed itself.
    case lost
  }

  struct Limits {
    var time: Duration
    var grace: Duration
    var cpuSeconds: UInt64
    var memoryBytes: UInt64
    var fileBytes: UInt64
    var openFiles: UInt64
    var outputBytes: Int
    /// Whether it may change no file.
    var isReadOnly = false
  }

  var end: End
  /// Whether its time was over; its exit code, if any, says nothing then.
  var wasEnded = false
  /// Whether something of it is still there: nothing can end a process that waits within the kernel.
  var hasRemaining = false
  /// The end of what it wrote to standard output and standard error.
  var output: [UInt8] = []

  /// How long what was sent SIGKILL may take to go.
  private static let reap = Duration.seconds(5)

  /// Runs a command and waits until it and all of its descendants are gone, whatever session they have fled to. Blocks.
  ///
  /// The command is the child of a supervisor, which dies with it. When this process is killed, the supervisor notices and
  /// ends the command.
  static func run(
    program: String, arguments: [String], environment: [[UInt8]], directory: String, limits: Limits,
    supervisor: String?
  ) -> CommandRun {
    var process = stella_process()
    let failure = withCStrings(arguments.map { Array($0.utf8) }) { arguments in
      withCStrings(environment) { environment in
        program.withCString { program in
          directory.withCString { directory in
            let supervisor = supervisor.flatMap { strdup($0) }
            defer { free(supervisor) }
            var command = stella_process_command(
              supervisor: supervisor, program: program, arguments: arguments, environment: environment,
              directory: directory,
              cpu_seconds: limits.cpuSeconds, memory_bytes: limits.memoryBytes, file_bytes: limits.fileBytes,
              open_files: limits.openFiles, read_only: limits.isReadOnly ? 1 : 0,
              time_limit_ms: limits.time.milliseconds,
              grace_ms: limits.grace.milliseconds, reap_ms: reap.milliseconds)
            return stella_process_start(&command, &process)
          }
        }
      }
    }
    guard failure == 0 else { return CommandRun(end: .notStarted(text(of: failure))) }
    // Well after the supervisor should have reported; then something has stopped the supervisor itself.
    let patience = limits.time + limits.grace + reap + .seconds(10)
    var run = follow(process, until: ContinuousClock.now + patience, outputBytes: limits.outputBytes)
    close(process.lifeline)
    close(process.output)
    close(process.report)
    if run.end == .lost { kill(process.supervisor, SIGKILL) }
    while waitpid(process.supervisor, nil, 0) < 0 && errno == EINTR {}
    if run.output.count > limits.outputBytes { run.output.removeFirst(run.output.count - limits.outputBytes) }
    return run
  }

  private static func follow(
    _ process: stella_process, until deadline: ContinuousClock.Instant, outputBytes: Int
  ) -> CommandRun {
    var run = CommandRun(end: .lost)
    var waits = [
      pollfd(fd: process.report, events: Int16(POLLIN), revents: 0),
      pollfd(fd: process.output, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      let left = ContinuousClock.now.duration(to: deadline).milliseconds
      guard left > 0 else { return run }
      guard poll(&waits, 2, Int32(min(left, 1_000_000))) >= 0 else {
        if errno == EINTR { continue }
        return run
      }
      if waits[1].revents != 0, !read(process.output, into: &run.output, keeping: outputBytes) { waits[1].fd = -1 }
      if waits[0].revents != 0 { break }
    }
    var end = stella_process_end()
    let size = MemoryLayout<stella_process_end>.size
    guard withUnsafeMutableBytes(of: &end, { take(process.report, $0.baseAddress, size) }) == size else {
      return run
    }
    // What it wrote last may have come with its end.
    if waits[1].fd >= 0 { while read(process.output, into: &run.output, keeping: outputBytes) {} }
    switch Int(end.kind) {
    case STELLA_PROCESS_EXITED: run.end = .exited(Int(end.value))
    case STELLA_PROCESS_SIGNALLED: run.end = .signalled(Int(end.value))
    default: run.end = .notStarted(text(of: end.value))
    }
    run.wasEnded = end.was_ended != 0
    run.hasRemaining = end.remaining != 0
    return run
  }

  /// Reads what is there, once. False at the end, and when nothing is there.
  private static func read(_ file: Int32, into output: inout [UInt8], keeping limit: Int) -> Bool {
    let room = 65536
    var count = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
      count = take(file, buffer.baseAddress, room)
      initialized = max(0, count)
    }
    output += chunk
    // Moved seldom, so that a flood costs its length only.
    if output.count > 2 * limit + room { output.removeFirst(output.count - limit) }
    return count > 0
  }

  /// `read(2)`, begun again when a signal breaks it off.
  private static func take(_ file: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    while true {
      let taken = systemRead(file, buffer, count)
      if taken >= 0 || errno != EINTR { return taken }
    }
  }

  private static func text(of failure: Int32) -> String { String(cString: strerror(failure)) }

  /// Gives `body` the texts as C has them: each ends with a zero, and the list with a null.
  private static func withCStrings<R>(
    _ texts: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
  ) -> R {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
      starts.append(bytes.count)
      bytes += text.map { CChar(bitPattern: $0) } + [0]
    }
    return bytes.withUnsafeMutableBufferPointer { buffer in
      let pointers: [UnsafeMutablePointer<CChar>?] =
        starts.map { start in buffer.baseAddress.map { $0 + start } } + [nil]
      return pointers.withUnsafeBufferPointer { list in
        guard let first = list.baseAddress else { preconditionFailure("the list holds its null at least") }
        return body(first)
      }
    }
  }
}
