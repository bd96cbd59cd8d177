import StellaModel
import Testing

@testable import StellaEngine

/// A watch with several workers, which reads on while they run the rules, prints what one with a single worker prints.
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
      var syslog = "a line before any time\n"
      for (number, line) in course.lines.enumerated() {
        json += line + "\n"
        switch random.number(in: 0..<40) {
        case 0: json += "\n"
        case 1: json += "{\"broken\": \n"
        case 2: json += "no object at all, but a line of text\n"
        case 3: json += "{\"time\":\"2031-01-01T00:00:00Z\",\"k\":\"ahead\",\"v\":1}\n"
        case 4: json += line.dropLast() + ",\"long\":\"\(String(repeating: "x", count: 3000))\"}\n"
        default: break
        }
        let time = WorkerStream.start + Int64(number) * 900_000_000
        logfmt +=
          "time=\(Timestamp.text(time)) k=k\(number % 7) v=\(number % 11) e=\(number % 3 == 0 ? "a" : "b") host=h1\n"
        let second = number % 60 < 10 ? "0\(number % 60)" : "\(number % 60)"
        let minute = 10 + number / 60
        syslog +=
          "Jun 15 15:\(minute):\(second) box\(number % 2) sshd[\(number)]: Failed password for root from 10.0.0.\(number % 5)"
        syslog += " port 22 ssh2\n"
        if number % 50 == 7 { syslog += "    at a line that goes on\n" }
      }
      files = ["a.json": json, "b.logfmt": logfmt, "c.log": syslog]
    }
  }

  private func material(_ random: inout SplitMix) throws -> Material {
    let material = Material(&random)
    for (number, rule) in material.course.rules.enumerated() { try watch.directory.write("Rules/r\(number).lua", rule) }
    try watch.rule(
      "failed",
      """
      where = [[contains(message, "Failed password")]], by = { "src_ip" }, evidence = 2,
      threshold = { count = 3, within = "20s" }, suppress_for = "5s"
      """)
    try watch.rule(
      "every", "where = [[true]], by = { \"host\" }, evidence = 2, threshold = { count = 4, within = \"9s\" }")
    for (name, text) in material.files { try watch.directory.write(name, text) }
    return material
  }

  private func isReadAlike(_ expected: String, _ place: String) {
    #expect(watch.output.utf8.count == expected.utf8.count, "\(place)")
    let different = zip(watch.output.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
    #expect(different == nil, "\(place)")
  }

  @Test("the same bytes from each kind of file and from their merge, however they are read", arguments: seeds)
  func sameBytes(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    _ = try material(&random)
    watch.options.lineLimit = 2000
    for names in [["a.json"], ["c.log"], Self.names] {
      watch.options.workers = 1
      watch.options.readBytes = 64 * 1024
      watch.forget()
      let summary = try watch.run(names)
      let expected = watch.output
      #expect(!watch.alerts.isEmpty, "\(names)")
      for (workers, readBytes) in [(2, 300), (3, 7000), (2, 512 * 1024)] {
        watch.options.workers = workers
        watch.options.readBytes = readBytes
        watch.forget()
        let other = try watch.run(names)
        let place = "seed \(seed), \(names), \(workers) workers, \(readBytes) bytes at once"
        isReadAlike(expected, place)
        #expect(other?.events == summary?.events, "\(place)")
        #expect(other?.failedLines == summary?.failedLines, "\(place)")
        #expect(other?.fallbackLines == summary?.fallbackLines, "\(place)")
        #expect(other?.linesCut == summary?.linesCut, "\(place)")
      }
    }
  }

  @Test("the same alerts after breaks at any place, each time with another number of workers", arguments: seeds)
  func restarts(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    _ = try material(&random)
    watch.options.checkpointInterval = 0
    for names in [["a.json"], Self.names] {
      watch.options.store = nil
      watch.options.workers = 1
      watch.options.readBytes = 64 * 1024
      watch.onAlert = nil
      watch.forget()
      try watch.run(names)
      let expected = Set(watch.output.split(separator: "\n"))
      watch.options.store = InMemoryStore()
      watch.forget()
      var left = 0
      var breaks = 0
      watch.onAlert = { _, _ in
        left -= 1
        if left == 0 { throw WatchHarness.Done() }
      }
      repeat {
        left = random.number(in: 15...100)
        breaks += 1
        watch.options.workers = random.number(in: 1...3)
        watch.options.readBytes = random.pick([600, 5000])
      } while try watch.run(names, from: .checkpoint) == nil
      #expect(breaks > 3, "seed \(seed), \(names)")
      #expect(Set(watch.output.split(separator: "\n")) == expected, "seed \(seed), \(names)")
    }
  }

  @Test("the same bytes of a followed file with a reload, and a restart at it with another number", arguments: seeds)
  func followed(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    let course = try material(&random).course
    try watch.ruleForEachEvent()
    watch.options.follow = true
    watch.options.silence = .max
    watch.options.checkpointInterval = 0
    func written(_ rules: [String]) throws {
      for (number, rule) in rules.enumerated() { try watch.directory.write("Rules/r\(number).lua", rule) }
    }
    /// Lines with one more at their end, which has an alert of its own: everything before has been read then.
    func part(_ lines: ArraySlice<String>, mark: Int) -> String {
      let time = lines.last?.prefix { $0 != "," } ?? ""
      return lines.map { $0 + "\n" }.joined() + "\(time),\"seq\":\(mark)}\n"
    }
    func run(_ workers: [Int], readBytes: Int) throws {
      try written(course.rules)
      try watch.directory.write("a.json", part(course.lines[..<250], mark: 1))
      watch.options.store = InMemoryStore()
      watch.options.readBytes = readBytes
      watch.forget()
      watch.onAlert = { [watch] alert, run in
        guard alert.rule == "test.each", alert.status == .firing else { return }
        if watch.sequence.last == 2 { throw WatchHarness.Done() }
        try written(Array(course.reloaded.prefix(course.rules.count)))
        try run.reload()
        try watch.directory.append("a.json", part(course.lines[250...], mark: 2))
        if workers.count > 1 { throw WatchHarness.Done() }
      }
      for (number, workers) in workers.enumerated() {
        watch.options.workers = workers
        try watch.run(["a.json"], from: number == 0 ? .start : .checkpoint)
      }
    }
    try run([1], readBytes: 64 * 1024)
    let expected = watch.output
    #expect(watch.alerts.count > 20 && watch.sequence == [1, 2])
    for (workers, readBytes) in [([2], 600), ([3], 512 * 1024), ([1, 2], 600), ([3, 2], 9000)] {
      try run(workers, readBytes: readBytes)
      isReadAlike(expected, "seed \(seed), \(workers) workers, \(readBytes) bytes at once")
    }
  }
}
