import Foundation
import StellaModel
import Testing

@testable import StellaCommands

@Suite("Verbs of the execution log")
struct LogCommandTests {
  @Test(
    "Only what an export on record holds is pruned; the log says where it begins then, and the bundle holds the rest")
  func prune() throws {
    let scene = try LogScene()
    // Nine records: the opening and four times two, with 3, 5, 7 and 9 signed.
    try scene.age(500, 450, 30, 0)
    let refused = try scene.expect("log", "prune", status: 10)
    #expect(refused.errors.contains("stella log export FILE"), "\(refused.errors)")
    #expect(try scene.number("first") == 1)

    let key = try scene.expect("log", "key").output.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(key.count == 64)
    let exported = try scene.expect("log", "export", "a.stellalog")
    #expect(exported.output.contains("#1–#9") && exported.output.contains("sha256:"))
    #expect(try scene.number("exported") == 9)
    #expect(try scene.expect("log", "prune", "--dry-run").output.contains("Would remove #1–#5"))
    #expect(try scene.number("first") == 1)
    #expect(try scene.expect("log", "prune").output.contains("Removed #1–#5"))
    #expect(try scene.number("first") == 6)
    let text = try scene.expect("log", "verify").output
    #expect(text.contains("(#1–#5 pruned, on record)") && text.contains("Export"), "\(text)")
    #expect(try scene.expect("log", "prune").output.contains("Nothing was signed before"))
    #expect(try scene.expect("log", "prune", "--before", "10d").output.contains("Removed #6–#7"))

    try scene.expect("log", "verify", "--bundle", "a.stellalog", "--key", key)
    try scene.expect("log", "export", "b.stellalog")
    let rest = try scene.expect("log", "verify", "--bundle", "b.stellalog", "--key", key).output
    #expect(rest.contains("(#1–#7 pruned, on record)"))
    let show = try scene.expect("log", "show").output
    #expect(show.contains("log.pruned  user:mara") && show.contains("log.exported  user:mara"), "\(show)")
    #expect(!show.contains("file=/") && show.contains("file=a.stellalog"))
  }

  @Test("What nobody but an admin may do is refused to everybody else, and a damaged log is left as it is")
  func refused() throws {
    let scene = try LogScene(roles: "[approver]")
    try scene.age(500)
    try scene.expect("log", "export", "a.stellalog")
    for verb in [["prune"], ["rotate-key"], ["reseal", "--reason", "x"]] {
      let process = try scene.directory.stella(["log"] + verb)
      #expect(process.status() == CommandStatus.notPermitted.rawValue, "\(verb)")
      #expect(process.errors.contains("only an admin"), "\(process.errors)")
    }
    try scene.configure()
    for (before, word) in [("2200-01-01", "future"), ("yesterday", "neither a duration")] {
      let answer = try scene.expect("log", "prune", "--before", before, status: 3)
      #expect(answer.errors.contains(word), "\(answer.errors)")
    }
    // The anchor has seen more than there is.
    try FileManager.default.removeItem(atPath: scene.directory(".stella/stella.db"))
    try scene.expect("log", "prune", status: 7)
  }

  @Test("A rotated key signs over to the next: either vouches, and the chain of both verifies offline")
  func rotate() throws {
    let scene = try LogScene()
    try scene.age(1)
    let first = try scene.expect("log", "key").output.trimmingCharacters(in: .whitespacesAndNewlines)
    let rotated = try scene.expect("log", "rotate-key").output
    let second = try scene.expect("log", "key").output.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(first != second && rotated.contains(second) && rotated.contains("from #4 on"), "\(rotated)")
    try scene.expect("log", "key", "--all")
    try scene.directory.write("ring", try scene.expect("log", "key", "--all").output)
    try scene.expect("freeze", "set", "--reason", "x")
    #expect(try scene.expect("log", "verify").output.contains("(rotated 1×, chain of keys complete)"))
    try scene.expect("log", "export", "a.stellalog")
    for key in [first, second, "ring"] {
      #expect(
        try scene.expect("log", "verify", "--bundle", "a.stellalog", "--key", key).output.contains("OK"), "\(key)")
    }
    try scene.expect("log", "verify", "--bundle", "a.stellalog", "--key", String(repeating: "0", count: 64), status: 7)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: scene.directory(".stella")).contains("log.key.next") == false)
  }

  @Test("A log that was rolled back is begun anew with a reason, by an admin, and with nothing open")
  func reseal() throws {
    let scene = try LogScene()
    try scene.age(1)
    try FileManager.default.copyItem(
      atPath: scene.directory(".stella/stella.db"), toPath: scene.directory("backup.db"))
    try scene.expect("freeze", "set", "--reason", "x")
    try FileManager.default.removeItem(atPath: scene.directory(".stella/stella.db"))
    try FileManager.default.moveItem(
      atPath: scene.directory("backup.db"), toPath: scene.directory(".stella/stella.db"))
    #expect(try scene.expect("log", "verify", status: 7).output.contains("stella log reseal"))
    try scene.expect("log", "reseal", "--reason", "restored from the backup of the night")
    let text = try scene.expect("log", "verify").output
    #expect(text.contains("#1") && text.contains("No fault found"), "\(text)")
    #expect(try scene.expect("log", "show").output.contains("restored from the backup of the night"))
  }

  @Test("An engine that carries runs out prunes by itself what retention says, and one that doesn't, doesn't")
  func retention() throws {
    let scene = try LogScene(extra: "retention: { log: 100d }")
    try scene.age(500, 450, 30, 0)
    try scene.directory.write("app.jsonl", "{\"ts\":1750000000,\"level\":\"error\",\"message\":\"x\"}\n")
    func watch(_ more: String...) throws -> String {
      let process = try scene.directory.stella(["watch", "--no-follow", "--quiet", "app.jsonl"] + more)
      #expect(process.status() == 0, "\(process.errors)")
      return process.errors
    }
    let kept = try watch("--run-fixes")
    #expect(try scene.number("first") == 1 && kept.contains("stella log export"), "\(kept)")
    try scene.expect("log", "export", "a.stellalog")
    _ = try watch("--propose")
    #expect(try scene.number("first") == 1)
    _ = try watch("--run-fixes")
    #expect(try scene.number("first") == 6)
    #expect(try scene.expect("log", "show").output.contains("policy:retention"))
  }

  @Test("An anchor that is away is named with how far it is behind, and tried again while the engine runs")
  func away() throws {
    let scene = try LogScene()
    try scene.age(0)
    try scene.configure(log: "anchors: [elsewhere/anchor, anchor]")
    let set = try scene.expect("freeze", "set", "--reason", "x")
    #expect(set.errors.contains("elsewhere/anchor"), "\(set.errors)")
    #expect(try scene.number("anchored") == 4)
    let text = try scene.expect("log", "verify").output
    #expect(text.contains("elsewhere/anchor has seen nothing yet"), "\(text)")

    // The log doesn't grow, and the anchor comes back.
    try scene.directory.write("app.jsonl", "")
    let watch = try scene.directory.stella(["watch", "--propose", "app.jsonl"])
    #expect(watch.until { $0.errors.contains("elsewhere/anchor") }, "\(watch.errors)")
    try FileManager.default.createDirectory(
      atPath: scene.directory("elsewhere"), withIntermediateDirectories: false)
    #expect(watch.until { $0.errors.contains("has the log again") }, "\(watch.errors)")
    watch.send(SIGTERM)
    _ = watch.status()
    #expect(try scene.expect("log", "verify").output.contains("elsewhere/anchor 4 @"))
  }

  @Test("A Git repository as anchor is written by every verb, and its history contradicts a shorter log")
  func git() throws {
    let scene = try LogScene(log: "anchors: ['git:audit']")
    let make = Process()
    make.executableURL = URL(fileURLWithPath: "/usr/bin/git")
    make.arguments = ["init", "--quiet", scene.directory("audit")]
    try make.run()
    make.waitUntilExit()
    try scene.expect("freeze", "set", "--reason", "x")
    try scene.expect("freeze", "clear", "--reason", "x")
    #expect(try scene.expect("log", "verify").output.contains("git:") && (try scene.number("anchored")) == 3)
    #expect(try scene.expect("doctor", "--output", "json", status: 0).output.contains("git:"))
    try FileManager.default.removeItem(atPath: scene.directory(".stella"))
    let gone = try scene.expect("log", "verify", status: 7)
    #expect(gone.output.contains("git:"), "\(gone.output)")
  }
}
