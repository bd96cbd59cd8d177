import Foundation
import StellaModel
import Testing

@testable import StellaCommands

@Suite("stella serve", .serialized)
struct ServeTests {
  @Test(
    "From the log line to the repaired row: the alert, the proposal, the approval against the running server, verified")
  func demonstration() throws {
    let scene = try ServeScene()
    try scene.start()
    let server = try #require(scene.server)
    try scene.directory.append(
      "app.jsonl", "{\"ts\":1750000000,\"level\":\"error\",\"service\":\"s7\",\"message\":\"broken\"}\n")
    #expect(server.until { $0.errors.contains("waits for approval") }, "\(server.errors)")
    #expect(server.output.contains("Broken"))
    let run = try scene.waiting()
    #expect(try scene.value("SELECT state FROM jobs WHERE service = 's7'") == "stuck")
    let said = try scene.expect(
      ["approvals", "approve", run.id, "--digest", run.digest, "--reason", "rows checked"], 0)
    #expect(said.output.contains("State     succeeded") && said.errors.isEmpty, "\(said)")
    #expect(try scene.value("SELECT state FROM jobs WHERE service = 's7'") == "queued")
    #expect(server.until { $0.errors.contains("repair succeeded") }, "\(server.errors)")
    // What could help with the alert is told with the reason and how often it has.
    let listed = try scene.expect(["alerts", "list", "--output", "json"], 0).output
    let alert = try #require(listed.firstMatch(of: #/"id":"([0-9a-f]{12})/#)?.1)
    let shown = try scene.expect(["alerts", "show", String(alert)], 0).output
    #expect(shown.contains("Fix       repair  ") && shown.contains("helped in 1 of 1 run; applies"), "\(shown)")
    // What has been carried out can't be once more; what was never approved neither.
    let other = try scene.propose("repair", "s8")
    for id in [run.id, other.id] {
      let refused = try scene.stella(["runs", "execute", id])
      #expect(refused.status == 4 && refused.errors.contains("not approved"), "\(refused)")
    }
    #expect(try scene.stella(["runs", "execute", "r-none"]).status == 11)
    #expect(scene.stop() == 0)
    #expect(try scene.stella(["log", "verify"]).status == 0)
  }

  @Test("What is piped into it is detected, and where it listens too it serves on when the pipe has ended")
  func piped() throws {
    let scene = try ServeScene()
    let configuration = try String(contentsOfFile: scene.directory("stella.yaml"), encoding: .utf8)
    try scene.directory.write(
      "stella.yaml", configuration + "sources: [{ stdin: true }]\nserver: { listen: '127.0.0.1:0' }\n")
    let server = try scene.directory.stella(
      ["serve"],
      input: .text("{\"ts\":1750000000,\"level\":\"error\",\"service\":\"s7\",\"message\":\"broken\"}\n"))
    #expect(server.until { $0.errors.contains("waits for approval") }, "\(server.errors)")
    let run = try scene.waiting()
    let said = try scene.expect(["approvals", "approve", run.id, "--digest", run.digest, "--reason", "r"], 0)
    #expect(said.output.contains("State     succeeded"), "\(said)")
    #expect(try scene.value("SELECT state FROM jobs WHERE service = 's7'") == "queued", "\(server.errors)")
    server.send(SIGTERM)
    #expect(server.status() == 0)
  }

  @Test("What is approved while all is frozen is carried out when the freeze ends; until then execute says so")
  func frozen() throws {
    let scene = try ServeScene()
    let run = try scene.propose("repair", "s1")
    try scene.start()
    try scene.expect(["freeze", "set", "--reason", "incident"], 0)
    let said = try scene.expect(["approvals", "approve", run.id, "--digest", run.digest, "--reason", "r"], 0)
    #expect(said.output.contains("Approved"), "\(said)")
    #expect(said.output.contains("All effects are stopped"), "\(said)")
    #expect(try scene.stella(["runs", "execute", run.id]).status == 8)
    try scene.expect(["freeze", "clear", "--reason", "over"], 0)
    let server = try #require(scene.server)
    #expect(server.until { $0.errors.contains("repair succeeded") }, "\(server.errors)")
    #expect(scene.stop() == 0)
  }

  @Test("A server that was killed leaves a socket that keeps nobody from anything, and the next one takes its place")
  func killed() throws {
    let scene = try ServeScene()
    let run = try scene.propose("pair", "s1")
    try scene.start()
    let asked = try scene.expect(["approvals", "show", run.id], 0)
    #expect(scene.stop(SIGKILL) == 128 + SIGKILL)
    #expect(FileManager.default.fileExists(atPath: scene.socket))
    let direct = try scene.expect(["approvals", "show", run.id], 0)
    #expect(ServeParityTests.timeless(asked) == ServeParityTests.timeless(direct))
    try scene.expect(["approvals", "approve", run.id, "--digest", run.digest, "--reason", "r"], 6)
    try scene.start()
    try scene.expect(["approvals", "approve", run.id, "--digest", run.digest, "--reason", "r"], 6)
    #expect(scene.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: scene.socket))
  }

  @Test("A second server on the same state ends with the pid of the first, and leaves that alone")
  func second() throws {
    let scene = try ServeScene()
    try scene.start()
    let refused = try scene.stella(["serve", "app.jsonl"])
    #expect(refused.status == 10 && refused.errors.contains("stella serve (pid "), "\(refused)")
    #expect(try scene.stella(["watch", "--run-fixes", "app.jsonl"]).status == 10)
    try scene.expect(["whoami"], 0)
    // Fixes of one's own are no server's: then the command is carried out here, where there is a runner already.
    try scene.expect(["runs", "execute", "r-none"], 11)
    try scene.expect(["runs", "execute", "r-none", "--fixes", "Fixes"], 10)
    #expect(scene.stop() == 0)
  }

  @Test("An interrupt ends it with 130, a supervisor's SIGTERM with 0")
  func ends() throws {
    let scene = try ServeScene()
    try scene.start()
    #expect(scene.stop(SIGINT) == 130)
    #expect(!FileManager.default.fileExists(atPath: scene.socket))
    try scene.start()
    #expect(scene.stop(SIGTERM) == 0)
  }

  @Test("An effect that is going on when the end is asked for is finished and recorded first")
  func endsAfterEffect() throws {
    let scene = try ServeScene()
    let run = try scene.propose("slow", "s1")
    try scene.start()
    let server = try #require(scene.server)
    try scene.expect(
      ["approvals", "approve", run.id, "--digest", run.digest, "--reason", "r", "--output", "json"], 0)
    let begun = Date()
    while !FileManager.default.fileExists(atPath: scene.directory("begun")), begun.timeIntervalSinceNow > -30 {
      sched_yield()
    }
    server.send(SIGTERM)
    // It has ended its watch, and waits for the effect.
    #expect(server.until { $0.errors.contains("serving at") && !FileManager.default.fileExists(atPath: scene.socket) })
    let gate = try #require(FileHandle(forReadingAtPath: scene.directory("gate")))
    #expect(try gate.readToEnd() == Data("done\n".utf8))
    #expect(scene.stop(0) == 0)
    #expect(FileManager.default.fileExists(atPath: scene.directory("ended")))
    let shown = try scene.expect(["runs", "show", run.id, "--output", "json"], 0)
    #expect(shown.output.contains(#"{"group":1,"state":"applied""#), "\(shown)")
  }

  @Test("It serves nothing that it can't serve right")
  func refusals() throws {
    let scene = try ServeScene()
    for arguments in [["serve"], ["serve", "--no-follow", "app.jsonl"]] {
      let refused = try scene.stella(arguments)
      #expect(refused.status == 3, "\(refused)")
    }
    chmod(scene.directory(".stella"), 0o755)
    let open = try scene.stella(["serve", "app.jsonl"])
    #expect(open.status == 10 && open.errors.contains("chmod 700"), "\(open)")
    chmod(scene.directory(".stella"), 0o700)
    try scene.directory.write("Rules/broken.lua", "return rule {")
    let broken = try scene.stella(["serve", "app.jsonl"])
    #expect(broken.status == 2, "\(broken)")
    #expect(!FileManager.default.fileExists(atPath: scene.socket))
  }

  @Test("The socket is found and bound also where its path is too long for an address")
  func longPath() throws {
    let state = (0..<12).map { "directory-\($0)-with-a-long-name" }.joined(separator: "/")
    let base = try CommandDirectory()
    try FileManager.default.createDirectory(atPath: base(state), withIntermediateDirectories: true)
    chmod(base(state), 0o700)
    let scene = try ServeScene(state: base(state))
    #expect(scene.socket.utf8.count > 107)
    let run = try scene.propose("own", "s1")
    try scene.start()
    #expect(FileManager.default.fileExists(atPath: scene.socket))
    // The command that only the server can answer this way.
    #expect(try scene.stella(["runs", "execute", run.id]).status == 4)
    #expect(scene.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: scene.socket))
  }

  @Test(
    "A server that doesn't speak as ours does is not believed",
    arguments: [
      "", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi\n", "HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\n{}",
      "HTTP/1.1 200 OK\r\nstella-status: 77\r\ncontent-length: 0\r\n\r\n", "SSH-2.0-OpenSSH\r\n",
      "HTTP/1.1 200 OK\r\nstella-status: 0\r\ncontent-length: 1000\r\n\r\nhalf",
    ])
  func strangeServer(answer: String) throws {
    let scene = try ServeScene()
    let listener = try UnixListener(path: scene.socket, answer: answer)
    defer { listener.end() }
    let said = try scene.stella(["approvals", "list"])
    #expect(said.status == 10 && said.errors.contains("--local") && said.output.isEmpty, "\(said)")
    try scene.expect(["approvals", "list", "--local"], 0)
  }

  @Test("Nothing that a server sends controls the terminal", arguments: [[], ["--output", "json"]])
  func hostileServer(form: [String]) throws {
    let scene = try ServeScene()
    let body = "\u{1b}]52;c;ZXZpbA==\u{7}\u{9b}2J\u{1b}[2J\rx\u{8}\u{202e}\u{1b}[31mred\n"
    let note = "stella-note: %1b%5b2J%0d%0aok\r\n"
    let listener = try UnixListener(
      path: scene.socket,
      answer: "HTTP/1.1 200 OK\r\nstella-status: 0\r\n\(note)content-length: \(body.utf8.count)\r\n\r\n\(body)")
    defer { listener.end() }
    let said = try scene.stella(["approvals", "list"] + form)
    #expect(said.status == 0)
    let controls = (said.output + said.errors).unicodeScalars.filter {
      $0 != "\n" && $0.properties.generalCategory == .control
    }
    #expect(controls.isEmpty && said.errors.contains("ok"), "\(said)")
  }
}

/// Answers every connection with the same bytes.
final class UnixListener: Sendable {
  private let descriptor: Int32

  init(path: String, answer: String) throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0 && listen(descriptor, 8) == 0)
    Thread.detachNewThread {
      while true {
        let peer = accept(descriptor, nil, nil)
        guard peer >= 0 else { return }
        var request = [UInt8](repeating: 0, count: 4096)
        if recv(peer, &request, request.count, 0) > 0 {
          let bytes = Array(answer.utf8)
          _ = send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
        close(peer)
      }
    }
  }

  func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
