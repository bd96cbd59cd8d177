import StellaModel
import Testing

@testable import StellaEngine

/// A watch with several workers prints what one with a single worker prints, however it is read and broken off.
@Suite("Watches with several workers")
struct WatchWorkersTests {
  let watch: WatchHarness

  init() throws { watch = try WatchHarness() }

  static let seeds: [UInt64] = [21, 22]
  private static let names = ["a.json", "b.logfmt", "c.log"]

  /// Files of several kinds with rules of every kind.
  private struct Material {
    let course: WorkerPropertyTests.Course
    let files: [String: String]

    init(_ random: inout SplitMix) {
      course = WorkerPropertyTests.Course(&random)
      var json = ""
      var logfmt = ""
      var syslog = ""
      var ahead = 0
      for (number, line) in course.lines.enumerated() {
        json += line + "\n"
        switch random.number(in: 0..<40) {
        case 0: json += "\n"
        case 1: json += "{\"broken\": \n"
        case 2: json += "no object at all, but a line of text\n"
        case 3 where ahead < 3:
          // So far from each other that none confirms another.
          ahead += 1
          let time = Timestamp.text(WorkerStream.start + Int64(1 + 2 * ahead) * 3_600_000_000_000)
          json += "{\"time\":\"\(time)\",\"k\":\"ahead\",\"v\":1}\n"
        case 4: json += line.dropLast() + ",\"long\":\"\(String(repeating: "x", count: 3000))\"}\n"
        default: break
        }
        let time = Timestamp.text(WorkerStream.start + Int64(number) * 900_000_000)
        logfmt += "time=\(time) k=k\(number % 7) v=\(number % 11) e=\(number % 3 == 0 ? "a" : "b") host=h1\n"
        syslog +=
          "\(time) box\(number % 2) sshd[\(number)]: "
          + "Failed password for root from 10.0.0.\(number % 5) port 22 ssh2\n"
        if number % 50 == 7 { syslog += "    at a line that goes on\n" }
      }
      files = ["a.json": json, "b.logfmt": logfmt, "c.log": syslog]
    }
  }

  private func material(_ random: inout SplitMix) throws -> Material {
    let material = Material(&random)
    try write(material.course.rules)
    try watch.rule(
      "failed",
      """
      where = [[contains(message, "Failed password")]], by = { "src_ip" }, evidence = 2,
      threshold = { count = 3, within = "20s" }, suppress_for = "5s"
      """)
    try watch.rule(
      "every", "where = [[true]], by = { \"host\" }, evidence = 2, threshold = { count = 4, within = \"9s\" }")
    for (name, text) in material.files { try watch.directory.write(name, text) }
    watch.options.lineLimit = 2000
    return material
  }

  private func write(_ rules: [String]) throws {
    for (number, rule) in rules.enumerated() { try watch.directory.write("Rules/r\(number).lua", rule) }
  }

  /// The lines of the output, each where it came first: a restart may print the last ones again.
  private var told: [Substring] {
    var seen: Set<Substring> = []
    return watch.output.split(separator: "\n").filter { seen.insert($0).inserted }
  }

  private func isAlike(_ expected: [Substring], _ place: String) {
    let told = told
    #expect(told.count == expected.count, "\(place)")
    if let (one, other) = zip(told, expected).first(where: { $0 != $1 }) {
      Issue.record("\(place): \(one) instead of \(other)")
    }
  }

  @Test("the same bytes from each kind of file and from their merge, however they are read", arguments: seeds)
  func sameBytes(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    _ = try material(&random)
    for names in [["a.json"], ["c.log"], Self.names] {
      watch.options.workers = 1
      watch.options.readBytes = 64 * 1024
      watch.forget()
      let summary = try watch.run(names)
      let expected = watch.output
      #expect(!watch.alerts.isEmpty, "\(names)")
      for (workers, readBytes) in [(2, 300), (4, 7000), (2, 512 * 1024)] {
        watch.options.workers = workers
        watch.options.readBytes = readBytes
        watch.forget()
        let other = try watch.run(names)
        let place = "seed \(seed), \(names), \(workers) workers, \(readBytes) bytes at once"
        isAlike(expected.split(separator: "\n"), place)
        #expect(watch.output.utf8.count == expected.utf8.count, "\(place)")
        #expect(other?.events == summary?.events, "\(place)")
        #expect(other?.failedLines == summary?.failedLines, "\(place)")
        #expect(other?.fallbackLines == summary?.fallbackLines, "\(place)")
        #expect(other?.linesCut == summary?.linesCut, "\(place)")
      }
    }
  }

  @Test(
    "the same alerts in the same order after breaks at any place, also with another number of workers each time",
    arguments: seeds)
  func restarts(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    _ = try material(&random)
    watch.options.checkpointInterval = 0
    for (names, numbers) in [(["a.json"], [[1, 2, 4]]), (Self.names, [[1], [2], [4]])] {
      watch.options.store = nil
      watch.options.workers = 1
      watch.options.readBytes = 64 * 1024
      watch.onAlert = nil
      watch.forget()
      try watch.run(names)
      let expected = told
      #expect(expected.count > 300)
      for workers in numbers {
        let place = "seed \(seed), \(names), \(workers) workers"
        watch.forget()
        let breaks = try runBreakingOff(names, workers: workers, place, &random)
        #expect(breaks > 0, "\(place)")
        isAlike(expected, place)
      }
    }
  }

  /// Runs until the end of `names`, broken off after every few alerts, each time on one of the numbers of `workers`.
  /// Returns how often.
  ///
  /// A break loses a batch whose alerts it falls among, and comes again when that raises more than it lets pass. So they let
  /// ever more pass: some forty are enough for any input, at whatever pace the machine saves what was done. A watch that
  /// got past a batch has saved that it did.
  private func runBreakingOff(
    _ names: [String], workers: [Int], _ place: String, _ random: inout SplitMix
  ) throws -> Int {
    let store = InMemoryStore()
    watch.options.store = store
    var left = 0
    watch.onAlert = { _, _ in
      left -= 1
      if left == 0 { throw WatchHarness.Done() }
    }
    var breaks = 0
    while true {
      let before = try stream(of: store)
      let deliveries = watch.deliveries
      left = random.number(in: 40...250) << (breaks / 6)
      watch.options.workers = random.pick(workers)
      watch.options.readBytes = random.pick([1000, 5000])
      if try watch.run(names, from: .checkpoint) != nil { return breaks }
      breaks += 1
      let isFurther = try stream(of: store) != before
      #expect(isFurther || watch.deliveries - deliveries == 1, "\(place): nothing was saved after break \(breaks)")
      try #require(breaks < 60, "\(place): no end after \(breaks) breaks")
    }
  }

  /// How the stream stands that a restart goes on with.
  private func stream(of store: InMemoryStore) throws -> [UInt8] {
    try store.checkpoint().parts[Checkpointer.streamPart].map { Array($0.bytes) } ?? []
  }

  @Test(
    "the same bytes of a followed file with a reload, and restarts with another number there and anywhere",
    arguments: seeds)
  func followed(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    let course = try material(&random).course
    try watch.ruleForEachEvent()
    watch.options.follow = true
    watch.options.silence = .max
    watch.options.checkpointInterval = 0
    /// Lines with one more at their end, which has an alert of its own: everything before has been read then.
    func part(_ lines: ArraySlice<String>, mark: Int) -> String {
      let time = lines.last?.prefix { $0 != "," } ?? ""
      return lines.map { $0 + "\n" }.joined() + "\(time),\"seq\":\(mark)}\n"
    }
    /// Each run but the last is broken off: at the reload, or earlier when it has raised some alerts.
    func run(_ workers: [Int], breaks: Bool, readBytes: Int) throws {
      try write(course.rules)
      try watch.directory.write("a.json", part(course.lines[..<250], mark: 1))
      watch.options.store = InMemoryStore()
      watch.options.readBytes = readBytes
      watch.forget()
      var runs = 0
      var left = 0
      var isReloading = false
      watch.onAlert = { [watch] alert, run in
        // Nobody can say which of two sets of rules one that is killed in between goes on with.
        if isReloading { return }
        let isMark = alert.rule == "test.each" && alert.status == .firing
        if isMark, watch.sequence.last == 2 { throw WatchHarness.Done() }
        if isMark {
          try write(Array(course.reloaded.prefix(course.rules.count)))
          isReloading = true
          try run.reload()
          isReloading = false
          try watch.directory.append("a.json", part(course.lines[250...], mark: 2))
          if breaks { throw WatchHarness.Done() }
        }
        left -= 1
        if breaks && left == 0 { throw WatchHarness.Done() }
      }
      while watch.sequence.last != 2 {
        left = random.number(in: 40...250) << (runs / 6)
        watch.options.workers = workers[runs % workers.count]
        try watch.run(["a.json"], from: runs == 0 ? .start : .checkpoint)
        runs += 1
        try #require(runs < 60, "seed \(seed), \(workers) workers: no end after \(runs) restarts")
      }
      #expect(runs > 1 || !breaks)
    }
    try run([1], breaks: false, readBytes: 64 * 1024)
    let expected = told
    #expect(watch.alerts.count > 20 && watch.sequence == [1, 2])
    for (workers, readBytes) in [([2], 600), ([4], 512 * 1024)] {
      try run(workers, breaks: false, readBytes: readBytes)
      isAlike(expected, "seed \(seed), \(workers) workers, \(readBytes) bytes at once")
      #expect(watch.output.split(separator: "\n").count == expected.count)
    }
    for (workers, readBytes) in [([1], 2000), ([2], 2000), ([4], 9000), ([1, 2, 4], 2000)] {
      try run(workers, breaks: true, readBytes: readBytes)
      isAlike(expected, "seed \(seed), \(workers) workers with restarts, \(readBytes) bytes at once")
    }
  }
}
