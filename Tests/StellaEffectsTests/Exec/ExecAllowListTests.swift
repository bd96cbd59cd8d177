import StellaModel
import Testing

@testable import StellaEffects

@Suite("The allow-list of exec")
struct ExecAllowListTests {
  static func list(_ declarations: [String]...) throws -> ExecAllowList {
    ExecAllowList(try declarations.map { try ExecCommand($0) })
  }

  static func isAllowed(_ argv: [String], by list: ExecAllowList) -> Bool {
    if case .allowed = list.verdict(on: argv) { true } else { false }
  }

  @Test("A command is allowed exactly as it is declared, and by the declaration that says so")
  func exact() throws {
    let list = try Self.list(
      ["/usr/bin/systemctl", "reload", "nginx.service"],
      ["/usr/bin/systemctl", "restart", "{payq.service|payw.service}"],
      ["/usr/bin/true"])
    #expect(list.verdict(on: ["/usr/bin/systemctl", "reload", "nginx.service"]) == .allowed(by: 0))
    #expect(list.verdict(on: ["/usr/bin/systemctl", "restart", "payw.service"]) == .allowed(by: 1))
    #expect(list.verdict(on: ["/usr/bin/true"]) == .allowed(by: 2))
  }

  @Test(
    "Everything else is refused",
    arguments: [
      [], ["/usr/bin/systemctl"], ["systemctl", "stop", "payq.service"], ["bin/systemctl", "restart", "payq.service"],
      ["./systemctl", "restart", "payq.service"], ["", "restart", "payq.service"],
      ["/usr/bin/../bin/systemctl", "restart", "payq.service"], ["/usr/bin//systemctl", "restart", "payq.service"],
      ["/usr/bin/systemctl", "restart"], ["/usr/bin/systemctl", "restart", ""],
      ["/usr/bin/systemctl", "restart", "payq.service", "sshd.service"],
      ["/usr/bin/systemctl", "restart", "payq.service "], ["/usr/bin/systemctl", "restart", "payq.service\n"],
      ["/usr/bin/systemctl", "restart", "payq.service\0"], ["/usr/bin/systemctl", "Restart", "payq.service"],
      ["/usr/bin/systemctl", "restart payq.service"], ["/usr/bin/systemctl", "restart", "{payq.service|payw.service}"],
      ["/usr/bin/systemctl", "restart", "payq.service; rm -rf /"], ["/usr/bin/systemctl", "stop", "payq.service"],
      // é as one code point is allowed below, as two it is other bytes.
      ["/usr/bin/echo", "e\u{301}"],
    ])
  func refused(argv: [String]) throws {
    let list = try Self.list(
      ["/usr/bin/systemctl", "restart", "{payq.service|payw.service}"], ["/usr/bin/echo", "\u{E9}"])
    #expect(!Self.isAllowed(argv, by: list))
    #expect(Self.isAllowed(["/usr/bin/echo", "\u{E9}"], by: list))
  }

  @Test("A bare name stands for the one program of the list that has it, and for nothing when there are two")
  func bareName() throws {
    let list = try Self.list(
      ["/usr/bin/systemctl", "restart", "{word}"], ["/usr/bin/systemctl", "is-active", "{word}"],
      ["/opt/a/clean"], ["/opt/b/clean"])
    #expect(list.verdict(on: ["systemctl", "is-active", "payq.service"]) == .allowed(by: 1))
    #expect(
      list.verdict(on: ["clean"])
        == .refused("`clean` could be /opt/a/clean or /opt/b/clean; write the path in full."))
    #expect(list.verdict(on: ["/opt/b/clean"]) == .allowed(by: 3))
  }

  @Test("A brace alone is itself")
  func braces() throws {
    let list = try Self.list(["/usr/sbin/nft", "add", "{", "{word}", "}"])
    #expect(Self.isAllowed(["nft", "add", "{", "203.0.113.7", "}"], by: list))
    #expect(!Self.isAllowed(["nft", "add", "{ 203.0.113.7 }"], by: list))
    #expect(!Self.isAllowed(["nft", "add", "{", "203.0.113.7,", "}"], by: list))
  }

  @Test("What isn't known yet is allowed where any word is, and nowhere else")
  func unknown() throws {
    let list = try Self.list(["/usr/bin/a", "{word}"], ["/usr/bin/b", "{x|y}"], ["/usr/bin/c", "x"])
    #expect(list.verdict(on: ["a", nil]) == .allowed(by: 0))
    for program in ["b", "c"] {
      #expect(
        list.verdict(on: [program, nil])
          == .refused("Argument 1 is a result that isn't known yet, which only {word} allows."))
    }
    #expect(list.verdict(on: [nil, "x"]) == .refused("There is no program to run."))
  }

  @Test("An empty list allows nothing")
  func empty() {
    #expect(!Self.isAllowed(["/usr/bin/true"], by: ExecAllowList([])))
  }

  @Test("A word holds names, addresses and paths")
  func words() throws {
    let list = try Self.list(["/usr/sbin/nft", "add", "{word}"])
    for word in [
      "203.0.113.7", "2001:db8::1", "web-14", "user@example.org", "a/b", "x", String(repeating: "w", count: 256),
    ] {
      #expect(Self.isAllowed(["/usr/sbin/nft", "add", word], by: list), "\(word)")
    }
  }

  @Test("A word never holds an option, a way up, or what a shell or a terminal would take for more than a word")
  func noWords() throws {
    let list = try Self.list(["/usr/sbin/nft", "add", "{word}"])
    let long = String(repeating: "w", count: 257)
    for word in [
      "", "-f", "--file=/etc/x", "..", "../etc", "a/../b", "a b", "a\tb", "a;b", "$(a)", "`a`", "a|b", "é", "*", long,
    ] {
      #expect(!Self.isAllowed(["/usr/sbin/nft", "add", word], by: list), "\(word)")
    }
    for byte in UInt8(0)...127 {
      let character = String(UnicodeScalar(byte))
      let isPlain = character.allSatisfy { $0.isLetter || $0.isNumber } || "._@:/".contains(character)
      #expect(Self.isAllowed(["/usr/sbin/nft", "add", character], by: list) == isPlain, "byte \(byte)")
    }
  }

  @Test("A refusal names the argument of the closest command, with what came from a log escaped")
  func reason() throws {
    let list = try Self.list(
      ["/usr/bin/systemctl", "reload", "nginx.service"], ["/usr/bin/systemctl", "restart", "{a.service|b.service}"])
    #expect(
      list.verdict(on: ["/usr/bin/systemctl", "restart", "\u{1B}[2Jc"])
        == .refused("Argument 2, `\\x1b[2Jc`, is none of `a.service`, `b.service`."))
    #expect(list.verdict(on: ["/bin/ls"]) == .refused("No command of the target allows `/bin/ls`."))
    #expect(
      list.verdict(on: ["/usr/bin/systemctl", "reload", "nginx.service", "x"])
        == .refused("There are 3 arguments where 2 are allowed."))
  }

  @Test(
    "A declaration that would allow too much, or nothing, is refused and says where",
    arguments: [
      ([], ExecDeclarationError.Code.noProgram, 0), (["systemctl"], .programPath, 0), (["/"], .programPath, 0),
      (["/usr/bin/../bin/ls"], .programPath, 0), (["/usr/{bin|sbin}/ls"], .programPath, 0),
      (["/usr/bin/ls\n"], .programPath, 0), (["/bin/sh", "-c", "{word}"], .interpreter, 0),
      (["/usr/bin/env", "ls"], .interpreter, 0), (["/usr/bin/sudo", "ls"], .interpreter, 0),
      (["/usr/bin/ls", "a\u{1B}b"], .control, 1), (["/usr/bin/ls", "-l", "{}"], .placeholder, 2),
      (["/usr/bin/ls", "{path}"], .placeholder, 1), (["/usr/bin/ls", "x{word}"], .placeholder, 1),
      (["/usr/bin/ls", "{a|}"], .placeholder, 1), (["/usr/bin/ls", "{a|{b}"], .placeholder, 1),
      (["/usr/bin/ls"] + Array(repeating: "x", count: 64), .tooMany, 64),
    ])
  func declarations(_ declaration: [String], code: ExecDeclarationError.Code, argument: Int) {
    let error = #expect(throws: ExecDeclarationError.self) { try ExecCommand(declaration) }
    #expect(error?.code == code && error?.argument == argument, "\(declaration)")
    #expect(error?.message.isEmpty == false)
  }
}
