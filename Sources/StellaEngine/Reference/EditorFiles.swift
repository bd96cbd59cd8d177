/// The files that make an editor with the Lua language server know what scripts see.
package enum EditorFiles {
  /// What settings for the editor must say, as `.luarc.json`.
  package static let settings = """
    {
      "$schema": "https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json",
      "runtime.version": "Lua 5.4",
      "runtime.builtin": {
        "basic": "disable", "bit": "disable", "bit32": "disable", "builtin": "enable", "coroutine": "disable",
        "debug": "disable", "ffi": "disable", "io": "disable", "jit": "disable", "jit.profile": "disable",
        "jit.util": "disable", "math": "disable", "os": "disable", "package": "disable", "string": "disable",
        "string.buffer": "disable", "table": "disable", "table.clear": "disable", "table.new": "disable", "utf8": "disable"
      },
      "workspace.library": [".luals"],
      "workspace.checkThirdParty": false,
      "format.enable": false
    }

    """
  package static let settingsFile = ".luarc.json"
  /// The folder of the stubs beside it; rules are not looked for in folders that begin with a dot.
  package static let folder = ".luals"

  /// Every stub file by name: of rules, of their tests, and of fixes.
  package static func stubs(sample: EventSample?) -> [(name: String, text: String)] {
    [
      ("stella.lua", ScriptStubs.rules(sample: sample)), ("stella-test.lua", ScriptStubs.tests()),
      ("stella-fix.lua", ScriptStubs.fixes(isAlone: false)),
    ]
  }

  /// Whether a file of that text was made by ``stubs(sample:)``, so that it may be made anew.
  package static func isStub(_ text: String) -> Bool { text.hasPrefix("---@meta\n-- Made from the sources of Stella") }
}
