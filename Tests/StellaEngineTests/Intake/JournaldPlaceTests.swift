import Testing

@testable import StellaEngine

@Suite("Where reading systemd's journal goes on")
struct JournaldPlaceTests {
  private let directory: TemporaryDirectory
  private var file: String { directory("journald.cursor") }

  init() throws { directory = try TemporaryDirectory() }

  /// Puts a file of an intake journal there.
  private func segment(_ base: Int64, _ lines: String) throws {
    try directory.write(JournalSegment.name(base), lines)
  }

  @Test("A place is read as it was written, and so is a file with one line")
  func kept() throws {
    let places = [
      JournaldPlace(cursor: "s=1;i=2"), JournaldPlace(cursor: "s=1;i=2", pending: ["s=1;i=3", "s=1;i=4"]),
      JournaldPlace(cursor: nil, pending: ["s=1;i=1"]), JournaldPlace(cursor: nil, start: 1_790_000_000),
      JournaldPlace(cursor: nil, start: 1_790_000_000, pending: ["s=1;i=1"]),
    ]
    for place in places {
      #expect(place.write(to: file) == nil)
      #expect(JournaldPlace.read(file) == place)
    }
    try directory.write("journald.cursor", "s=1;i=2\n")
    #expect(JournaldPlace.read(file) == JournaldPlace(cursor: "s=1;i=2"))
    for text in ["s=1;i=2", "--help\n", "@\n", ""] {
      try directory.write("journald.cursor", text)
      #expect(JournaldPlace.read(file) == nil, "\(text)")
    }
    #expect(JournaldPlace.read(directory("nowhere")) == nil)
  }

  @Test("Only cursors that were noted count, wherever others stand in the lines that came")
  func foreign() throws {
    try segment(0, #"{"seq":1,"__CURSOR":"s=1;i=2"}"# + "\n")
    try segment(100, #"{"seq":2,"__CURSOR":"s=9"}"# + "\n" + #"{"a":{"__CURSOR":"s=1;i=30"}}"# + "\n")
    let none = JournaldPlace(cursor: "s=1;i=2")
    #expect(none.settled(inSegmentsOf: directory.path) == none)
    let lost = JournaldPlace(cursor: "s=1;i=2", pending: ["s=1;i=3"])
    #expect(lost.settled(inSegmentsOf: directory.path) == none)
    let first = JournaldPlace(cursor: nil, start: 7, pending: ["s=1;i=3"])
    #expect(first.settled(inSegmentsOf: directory.path) == JournaldPlace(cursor: nil, start: 7))
  }

  @Test(
    "Of entries that were about to be stored, the last that is there counts, also when it stands far before the end")
  func partly() throws {
    let place = JournaldPlace(cursor: "s=1;i=2", pending: ["s=1;i=3", "s=1;i=4", "s=1;i=5"])
    let entries = (2...4).map { "{\"seq\":\($0),\"__CURSOR\":\"s=1;i=\($0)\"}\n" }.joined()
    try segment(0, entries)
    #expect(place.settled(inSegmentsOf: directory.path) == JournaldPlace(cursor: "s=1;i=4"))
    try segment(200, String(repeating: #"{"__CURSOR":"s=1"}"# + "\n", count: 120_000))
    #expect(place.settled(inSegmentsOf: directory.path) == JournaldPlace(cursor: "s=1;i=4"))
  }
}
