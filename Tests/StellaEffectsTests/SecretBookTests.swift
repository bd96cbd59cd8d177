import Foundation
import StellaEffects
import StellaModel
import Testing

@Suite("The configured secrets")
struct SecretBookTests {
  let directory: CommandDirectory
  let value = "correct-horse-battery"

  init() throws { directory = try CommandDirectory() }

  func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
    try directory.script(name, text, mode: mode, shell: "")
  }

  static func settings(_ reference: String, _ origin: SecretSettings.Origin) -> SecretSettings {
    SecretSettings(SecretReference(reference)!, from: origin)
  }

  func problems(_ settings: [SecretSettings]) -> [String] {
    let error = #expect(throws: SecretBookError.self) { try SecretBook(settings, environment: ["SHORT": "short"]) }
    return error?.problems.map(\.description) ?? []
  }

  @Test("Values come from the environment and from files, whose last line feed doesn't count")
  func values() throws {
    let book = try SecretBook(
      [
        Self.settings("a@1", .environment("A")), Self.settings("b@2", .file(try file("b", value + "\n"))),
        Self.settings("c@3", .file(try file("c", value + "\n\n", mode: 0o400))),
      ], environment: ["A": value])
    #expect(try book.value(of: SecretReference("a@1")!) == Array(value.utf8))
    #expect(try book.value(of: SecretReference("b@2")!) == Array(value.utf8))
    #expect(try book.value(of: SecretReference("c@3")!) == Array((value + "\n").utf8))
    #expect(book.all.map(\.reference.description) == ["secret:a@1", "secret:b@2", "secret:c@3"])
  }

  @Test("A secret that isn't there, or in another version, is refused with what is in force")
  func versions() throws {
    let book = try SecretBook([Self.settings("a@2", .environment("A"))], environment: ["A": value])
    let old = #expect(throws: TargetError.self) { try book.value(of: SecretReference("a@1")!) }
    #expect(old?.code == .refused && old?.message.contains("secret:a@2 is") == true)
    let other = #expect(throws: TargetError.self) { try book.value(of: SecretReference("b@1")!) }
    #expect(other?.message.contains("isn't configured") == true)
  }

  @Test("Nothing that prints, interpolates or dumps it tells a value")
  func concealed() throws {
    let book = try SecretBook([Self.settings("a@1", .environment("A"))], environment: ["A": value])
    var dumped = ""
    dump(book, to: &dumped)
    for text in ["\(book)", String(reflecting: book), "\([book])", "\(Optional(book) as Any)", dumped] {
      #expect(!text.contains(value) && !text.contains("\(Array(value.utf8))"), "\(text)")
    }
  }

  @Test("A file that others may read, that is none, or that is empty, is refused, and every problem told at once")
  func refused() throws {
    let problems = problems([
      Self.settings("a@1", .file(try file("a", value, mode: 0o640))),
      Self.settings("b@1", .file(try file("b", value, mode: 0o602))),
      Self.settings("c@1", .file(directory.path)), Self.settings("d@1", .file(try directory.pipe("d"))),
      Self.settings("e@1", .file(directory("missing"))), Self.settings("f@1", .file(try file("f", "\n"))),
      Self.settings("g@1", .file(try file("g", String(repeating: "x", count: 70_000)))),
      Self.settings("h@1", .environment("MISSING")), Self.settings("i@1", .environment("SHORT")),
    ])
    #expect(problems.count == 9)
    for (problem, part) in zip(
      problems,
      [
        "chmod 600", "chmod 600", "no regular file", "no regular file", "No such file", "shorter than 8",
        "longer than 65536", "which isn't set", "shorter than 8",
      ])
    {
      #expect(problem.contains(part), "\(problem)")
      #expect(!problem.contains(value))
    }
    #expect(problems.first?.hasPrefix("The secret a is in ") == true)
  }

  @Test("Two versions of one secret are refused")
  func twice() throws {
    let path = try file("a", value)
    #expect(problems([Self.settings("a@1", .file(path)), Self.settings("a@2", .file(path))]).count == 1)
  }
}
