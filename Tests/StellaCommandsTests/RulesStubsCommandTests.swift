import Foundation
import StellaEngine
import Testing

@Suite("stella rules stubs")
struct RulesStubsCommandTests {
  let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try directory.write(
      "app.log",
      """
      {"ts":"2026-01-01T00:00:00Z","level":"info","msg":"a","cart":{"items":3}}
      {"ts":"2026-01-01T00:00:01Z","level":"info","msg":"b","coupon":"x"}

      """)
  }

  private func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
    let process = try directory.stella(["rules", "stubs"] + arguments)
    let status = process.status()
    return (status, process.output, process.errors)
  }

  private func text(_ name: String) throws -> String { try String(contentsOfFile: directory(name), encoding: .utf8) }

  @Test("The files are written, are Lua, are no rules, and are written anew the next time")
  func written() throws {
    #expect(try run().status == 0)
    let plain = try text("Rules/.luals/stella.lua")
    let done = try run("--from", "app.log")
    #expect(done.status == 0 && done.output.contains("of 2 events"), "\(done)")
    let sampled = try text("Rules/.luals/stella.lua")
    #expect(plain == ScriptStubs.rules() && sampled.contains("---@field [\"cart.items\"] integer? in 1 of 2 events"))
    #expect(sampled.contains("---@field coupon string? in 1 of 2 events") && !plain.contains("coupon"))
    #expect(try text("Rules/.luarc.json") == EditorFiles.settings)
    #expect(try text("Rules/.luals/stella-fix.lua").contains("---@class Stella.Fix\n"))
    let list = try directory.stella(["rules", "list", "--output", "json", "Rules"])
    #expect(list.status() == 0 && list.lines.count == 1)
  }

  @Test("Settings of one's own are left alone, and what they lack is said")
  func settings() throws {
    let own = "{ \"runtime.version\": \"Lua 5.4\", \"workspace.library\": [\"../lib\"] }\n"
    try directory.write("Rules/.luarc.json", own)
    let refused = try run()
    #expect(refused.status == 4)
    #expect(try text("Rules/.luarc.json") == own)
    #expect(
      refused.errors.contains("\"workspace.library\": [\".luals\"]") && refused.errors.contains("\"io\": \"disable\""))
    #expect(!refused.errors.contains("\"runtime.version\""))
    #expect(try text("Rules/.luals/stella.lua") == ScriptStubs.rules())
    let merged = EditorFiles.settings.replacing("[\".luals\"]", with: "[\"../lib\", \".luals\"]")
    try directory.write("Rules/.luarc.json", merged)
    #expect(try run().status == 0 && text("Rules/.luarc.json") == merged)
    try directory.write("Rules/.luarc.json", "// mine\n{")
    #expect(try run().status == 4)
  }

  @Test("A file of somebody else's in the place of a stub stays, and so does a missing directory")
  func refused() throws {
    try FileManager.default.createDirectory(atPath: directory("Rules/.luals"), withIntermediateDirectories: true)
    try directory.write("Rules/.luals/stella.lua", "---@meta mine\n")
    let refused = try run()
    #expect(refused.status == 4 && refused.errors.contains("is not Stella's"))
    #expect(try text("Rules/.luals/stella.lua") == "---@meta mine\n")
    #expect(try run("nowhere").status == 3)
    #expect(try run("--from", "nowhere.log").status == 11)
  }
}
