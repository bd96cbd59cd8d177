import Foundation
import HTTPTypes
import Hummingbird
import StellaModel
import Synchronization
import Testing

@testable import StellaServer

@Suite("Requests about runs over HTTP")
struct OperatorRequestTests {
  static let hostile = ["", "r-7f3a2c01", "../x", "a/b?c=d&e#f", "%2e%2e%00", "+ \u{1b}[2J\n", "日本\u{202e}", "..", "."]

  static let requests: [OperatorRequest] = hostile.flatMap { text -> [OperatorRequest] in
    var filter = OperatorRequest.Filter()
    filter.states = [.awaiting, .rollbackConflict]
    filter.fix = text
    filter.limit = 1
    var alerts = OperatorRequest.AlertFilter()
    alerts.isWhole = true
    alerts.rule = text
    alerts.limit = 7
    var history = HealthRequest.HistoryFilter()
    (history.since, history.until, history.status, history.scoreBelow, history.limit) = (text, text, .down, -1, -2)
    var findings = HealthRequest.FindingFilter()
    (findings.since, findings.until, findings.statuses) = (text, text, [.open, .closed])
    findings.severity = .high
    (findings.scoreBelow, findings.limit) = (101, 3)
    let parameters: [FieldValue.Member] = [
      .init("a", .string(text)), .init("b", .integer(.max)), .init("c", .double(0.5)), .init("d", .bool(true)),
      .init("z" + text, .string("")),
    ]
    return [
      .silence(rule: text, key: [], length: text, reason: text),
      .silence(
        rule: text, key: [.init("a", text), .init(text + "b", "c")].sorted { $0.name < $1.name }, length: "2h",
        reason: text),
      .unsilence(-7), .unsilence(.max), .alerts(alerts), .alerts(OperatorRequest.AlertFilter()),
      .list(filter), .list(OperatorRequest.Filter()), .freezeStatus, .freeze(reason: text), .thaw(reason: text),
      .whoami, .rules(.list), .rules(.reload), .fixes(.list), .mutes, .log(.status), .log(.record(-1)),
      .log(.records(.init())), .log(.records(.init(after: .max, before: 7, limit: 1000, run: text))),
      .health(.system),
      .health(.history(HealthRequest.HistoryFilter())), .health(.findings(HealthRequest.FindingFilter())),
      .health(.history(history)), .health(.findings(findings)),
    ]
      + OperatorRequest.TopFilter.Order.allCases.map { order -> OperatorRequest in
        var filter = OperatorRequest.TopFilter()
        filter.order = order
        filter.limit = order == .cost ? nil : 3
        return .top(filter)
      }
      + (text.isEmpty
        ? []
        : [
          .show(text), .state(text), .show(text, isWhole: true, former: text),
          .approve(text, digest: text, reason: text),
          .approve(text, digest: text, reason: text, isAlone: true), .reject(text, digest: text, reason: text),
          .review(text, reason: text), .withdraw(text, reason: text), .replan(text), .execute(text), .rollback(text),
          .reconcile(text, .applied, reason: text), .reconcile(text, .notApplied, reason: text),
          .accept(text, reason: text), .alert(text), .acknowledge(text, reason: text), .resolve(text, reason: text),
          .health(.acknowledge(text, reason: text)), .history(rule: text, limit: 7),
          .history(rule: text, key: text, limit: 1), .rules(.show(text)), .fixes(.show(text)),
          .fixes(.plan(text, parameters: [], isProposal: false)),
          .fixes(.plan(text, parameters: parameters, isProposal: true)),
        ])
  }

  @Test("Integers in a body stay what they are; one of more than 64 bits is refused, not rounded")
  func integers() throws {
    func values(_ number: String) throws -> [String: FieldValue] {
      var members = try RequestMembers(ByteBuffer(string: #"{"params":{"n":\#(number)}}"#))
      return try members.values("params")
    }
    for number in [Int64.min, -1, 0, 1 << 53 + 1, .max] {
      #expect(try values("\(number)") == ["n": .integer(number)])
    }
    #expect(try values("0.5") == ["n": .double(0.5)])
    for number in ["9223372036854775808", "-9223372036854775809", "123456789012345678901234567890"] {
      let failure = #expect(throws: CommandFailure.self) { try values(number) }
      #expect(failure?.status == .usage, "\(number)")
    }
  }

  @Test("Every request arrives as it was sent, whatever is in it")
  func roundTrip() async throws {
    for request in Self.requests {
      let scene = RouteScene { _ throws(CommandFailure) in OperatorAnswer() }
      let answer = try await scene.send(request)
      #expect(answer.status == 200, "\(request): \(answer.body)")
      #expect(scene.requests == [request])
    }
  }

  @Test("A plus in a query is a space, in names and values, as clients that write forms send it")
  func forms() async throws {
    let scene = RouteScene { _ throws(CommandFailure) in OperatorAnswer() }
    for path in ["freeze?reason=disk+full%2B1", "freeze?re%61son=disk%20full%2b1", "freeze?&reason=disk+full%2B1&"] {
      #expect(try await scene.client.send("DELETE", "/api/v1/" + path).status == 200)
      #expect(scene.requests.last == .thaw(reason: "disk full+1"), "\(path)")
    }
  }

  @Test("The caller's uid is what the connection says, never what the request does")
  func caller() async throws {
    let scene = RouteScene(uid: 4711) { _ throws(CommandFailure) in OperatorAnswer() }
    _ = try await scene.client.send(
      "GET", "/api/v1/whoami?", headers: [("uid", "0"), ("x-remote-user", "root"), ("authorization", "Basic cm9vdDo=")])
    #expect(scene.uids == [4711])
  }

  @Test(
    "What a request doesn't know is refused, and named with what there is",
    arguments: [
      ("POST", "/api/v1/runs/r-1/approve", #"{"digest":"d","reason":"r","break_glas":true}"#, "break_glass"),
      ("POST", "/api/v1/runs/r-1/approve", #"{"digest":"d"}"#, "reason"),
      ("POST", "/api/v1/runs/r-1/approve", #"{"digest":7,"reason":"r"}"#, "digest"),
      ("POST", "/api/v1/runs/r-1/approve", #"{"digest":"d","reason":"r","break_glass":"yes"}"#, "break_glass"),
      ("POST", "/api/v1/runs/r-1/approve", #"["digest"]"#, "object"),
      ("POST", "/api/v1/runs/r-1/approve", "{", "object"),
      ("POST", "/api/v1/runs/r-1/approve?as=root", #"{"digest":"d","reason":"r"}"#, "as=root"),
      ("POST", "/api/v1/runs/r-1/replan", #"{"reason":"r"}"#, "reason"),
      ("POST", "/api/v1/runs/r-1/reconcile", #"{"outcome":"maybe","reason":"r"}"#, "not_applied"),
      ("GET", "/api/v1/runs?state=awaitng", "", "awaiting"), ("GET", "/api/v1/runs?limit=many", "", "limit"),
      ("GET", "/api/v1/runs?user=mara", "", "user"), ("GET", "/api/v1/runs/r-1?effects=some", "", "effects"),
      ("POST", "/api/v1/silences", #"{"rule":"r","key":{"ip":7},"for":"2h","reason":"r"}"#, "key"),
      ("POST", "/api/v1/silences", #"{"rule":"r","for":"2h","reason":"r","until":"1d"}"#, "until"),
      ("DELETE", "/api/v1/silences/first", "", "number"), ("GET", "/api/v1/alerts?all=yes", "", "all=true"),
      ("POST", "/api/v1/alerts/0a/resolve", "{}", "reason"), ("GET", "/api/v1/alerts/0a?rule=x", "", "rule"),
      ("GET", "/api/v1/log?limit=1001", "", "1000"), ("GET", "/api/v1/log?limit=0", "", "limit"),
      ("GET", "/api/v1/alerts?limit=0", "", "from 1 to 10000"), ("GET", "/api/v1/runs?limit=-1", "", "from 1 to 10000"),
      ("GET", "/api/v1/alerts?all=true&limit=9223372036854775807", "", "from 1 to 10000"),
      ("GET", "/api/v1/runs?limit=10001", "", "from 1 to 10000"),
      ("GET", "/api/v1/notifications?limit=10001", "", "from 1 to 10000"),
      ("GET", "/api/v1/rules/a.b/history?limit=0", "", "from 1 to 10000"),
      ("GET", "/api/v1/top?limit=0", "", "from 1 to 10000"),
      ("GET", "/api/v1/notifications?limit=0", "", "from 1 to 10000"), ("GET", "/api/v1/log?behind=3", "", "after"),
      ("GET", "/api/v1/log/first", "", "number"),
      ("POST", "/api/v1/rules/reload", #"{"tests":false}"#, "tests"), ("GET", "/api/v1/rules?all=true", "", "all"),
      ("DELETE", "/api/v1/freeze?reason=100%", "", "%25"), ("DELETE", "/api/v1/freeze?reason=%ff", "", "UTF-8"),
      ("GET", "/api/v1/whoami?%4", "", "hexadecimal"), ("DELETE", "/api/v1/freeze", "", "reason"),
      ("PUT", "/api/v1/freeze", "{}", "reason"), ("GET", "/api/v1/alerts?rule=a&rule=b", "", "rule is there twice"),
      ("GET", "/api/v1/log?limit=1&limi%74=2", "", "limit is there twice"),
      ("GET", "/api/v1/findings?status=open&status=closed&severity=low&severity=high", "", "severity is there twice"),
      ("DELETE", "/api/v1/silences/7", #"{"reason":"over"}"#, "no member reason"),
      ("DELETE", "/api/v1/tokens/shipper", #"{"dry_run":true}"#, "no member dry_run"),
      ("DELETE", "/api/v1/freeze?reason=r", #"{"reason":"r"}"#, "no member reason"),
      ("GET", "/api/v1/alerts", #"{"limit":7}"#, "no member limit"),
      ("POST", "/api/v1/fixes/x/plan", #"{"params":["a"]}"#, "params"),
      ("POST", "/api/v1/fixes/x/plan", #"{"params":{"a":null}}"#, "params"),
      ("POST", "/api/v1/fixes/x/plan", #"{"params":{"a":9223372036854775808}}"#, "64 bits"),
      ("POST", "/api/v1/fixes/x/plan", #"{"propose":"yes"}"#, "propose"),
      ("PUT", "/api/v1/freeze", #"{"reason":"a","reason":"b"}"#, "reason is there twice"),
      ("PUT", "/api/v1/freeze", #"{"reason":"a","re\u0061son":"b"}"#, "reason is there twice"),
      ("POST", "/api/v1/fixes/x/plan", #"{"params":{"a":1,"a":2}}"#, "a is there twice"),
      ("POST", "/api/v1/fixes/x/plan", #"{"parameters":{}}"#, "params"),
      ("POST", "/api/v1/fixes/x/plan?propose=true", "{}", "propose=true"),
    ])
  func refused(method: String, path: String, body: String, named: String) async throws {
    let scene = RouteScene { _ throws(CommandFailure) in OperatorAnswer() }
    let answer = try await scene.client.send(method, path, body: body)
    #expect(answer.status == 400 && answer.type == Problem.mediaType, "\(answer)")
    #expect(answer.body.contains(named) && answer.body.contains(#""exit_status":3"#), "\(answer.body)")
    #expect(scene.requests.isEmpty)
  }

  @Test(
    "A failure is a problem with the command's message and exit status",
    arguments: [
      (CommandStatus.notFound, 404), (.conflict, 409), (.notPermitted, 403), (.frozen, 423), (.failure, 503),
      (.usage, 400),
    ])
  func failure(status: CommandStatus, code: Int) async throws {
    let scene = RouteScene { _ throws(CommandFailure) in throw CommandFailure(status, "no \"such\" run\u{1b}[2J") }
    let answer = try await scene.send(.show("r-1"))
    #expect(answer.status == code && answer.type == Problem.mediaType)
    let json = try #require(JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    #expect(
      json["detail"] as? String == "no \"such\" run\u{1b}[2J" && json["exit_status"] as? Int == Int(status.rawValue))
    #expect(json["status"] as? Int == code && json["title"] as? String != "" && !answer.body.contains("\u{1b}"))
  }

  @Test("An answer has its exit status, its run and its notes beside its body, in the form that was asked for")
  func answer() async throws {
    let scene = RouteScene { _ throws(CommandFailure) in
      var answer = OperatorAnswer()
      answer.body = "line\n"
      answer.status = .quorumOpen
      answer.run = OperatorAnswer.Place(id: "r-1", state: .awaiting)
      answer.notes = [OperatorAnswer.Note("a\nb: ä"), OperatorAnswer.Note("hint", isHint: true)]
      return answer
    }
    let text = try await scene.send(.show("r-1"), as: .text(columns: 72, hasColor: true))
    #expect(text.status == 202 && text.type == "text/plain; charset=utf-8" && text.body == "line\n")
    #expect(text.headers["stella-status"] == "6" && text.headers["stella-run"] == "r-1")
    #expect(text.headers["stella-state"] == "awaiting" && text.headers["stella-hint"] == "hint")
    #expect(text.headers["stella-note"].flatMap(URLText.decoded) == "a\nb: ä")
    #expect(scene.layouts == [.text(columns: 72, hasColor: true)])
    let json = try await scene.send(.show("r-1"), as: .json)
    #expect(json.type == "application/json" && scene.layouts.last == .json)
  }

  @Test(
    "Text is for who wants it more than JSON; programs that name both get JSON",
    arguments: [
      ("text/plain", true), ("TEXT/PLAIN; charset=utf-8", true), ("application/json;q=0.5, text/plain", true),
      ("text/html, text/plain;q=0.9, */*;q=0.1", true), ("application/json,text/plain,*/*", false),
      ("text/plain, application/json", false), ("application/json, text/plain;q=0.8", false),
      ("text/plain;q=0", false), ("application/x-ndjson,text/plain", false), ("*/*", false), ("text/plainest", false),
      ("", false),
    ])
  func accepted(accept: String, isText: Bool) async throws {
    let scene = RouteScene { _ throws(CommandFailure) in OperatorAnswer() }
    _ = try await scene.client.send("GET", "/api/v1/rules", headers: [("accept", accept)])
    #expect(scene.layouts == [isText ? .text(columns: nil, hasColor: false) : .json])
  }

  @Test("Of more notes than header fields hold, the first that aren't hints are told, and how many were left out")
  func notes() async throws {
    func told(_ notes: [OperatorAnswer.Note]) async throws -> [HTTPField] {
      let scene = RouteScene { _ throws(CommandFailure) in
        var answer = OperatorAnswer()
        answer.notes = notes
        return answer
      }
      let fields = try await scene.client.send("GET", "/api/v1/rules").fields
      return fields.filter { ["stella-note", "stella-hint"].contains($0.name.canonicalName) }
    }
    let hints = (0..<300).map { OperatorAnswer.Note("hint \($0)", isHint: true) }
    let many = try await told(hints + [OperatorAnswer.Note("refused")])
    #expect(many.count == 101 && many.first?.value == "refused" && many[99].value == "hint%2098", "\(many)")
    let end = many.last.flatMap { URLText.decoded($0.value) } ?? ""
    #expect(end.hasPrefix("201 notes are left out") && many.last?.name.canonicalName == "stella-hint", "\(end)")
    let long = (0..<9).map { OperatorAnswer.Note(String(repeating: "\($0)", count: 5000)) }
    let few = try await told(long)
    #expect(few.map { $0.value.utf8.count < 5000 } == [false, false, false, false, false, false, true], "\(few)")
    #expect(try await told(Array(long.prefix(6))).count == 6)
  }

  @Test("A body over the limit is refused, and nothing is done")
  func bodyLimit() async throws {
    let scene = RouteScene { _ throws(CommandFailure) in OperatorAnswer() }
    let reason = String(repeating: "x", count: OperatorRoutes<RouterClient.Context>.bodyLimit)
    let answer = try await scene.send(.withdraw("r-1", reason: reason))
    #expect(answer.status == 413 && scene.requests.isEmpty)
  }

  @Test("Requests over what can wait are told to come back, and nothing of them is done")
  func overload() async throws {
    let gate = DispatchSemaphore(value: 0)
    let (starts, started) = AsyncStream.makeStream(of: Void.self)
    let work = RequestWork(threads: 1, waiting: 1)
    let scene = RouteScene(work: work) { _ throws(CommandFailure) in
      started.yield()
      gate.wait()
      return OperatorAnswer()
    }
    async let first = scene.send(.whoami)
    var iterator = starts.makeAsyncIterator()
    await iterator.next()
    async let second = scene.send(.whoami)
    while work.load < 2 { await Task.yield() }
    let refused = try await scene.send(.freezeStatus)
    #expect(refused.status == 503 && refused.headers["retry-after"] == "1")
    gate.signal()
    gate.signal()
    #expect(try await [first.status, second.status] == [200, 200])
    #expect(!scene.requests.contains(.freezeStatus))
    await work.end()
    #expect(try await scene.send(.whoami).status == 503)
  }

  @Test("What has begun waits for its turn where too many wait already")
  func whenFree() async throws {
    let gate = DispatchSemaphore(value: 0)
    let work = RequestWork(threads: 1, waiting: 0)
    async let first = work.run { () throws(CommandFailure) -> Int in
      gate.wait()
      return 1
    }
    while work.load < 1 { await Task.yield() }
    let second = try await work.runWhenFree(
      { () throws(CommandFailure) -> Int in 2 },
      pause: {
        // It was refused.
        gate.signal()
        while work.load > 0 { await Task.yield() }
      })
    let done = try await [first, second]
    #expect(done == [1, 2])
    await work.end()
    await #expect(throws: CommandFailure.self) { try await work.runWhenFree { () throws(CommandFailure) -> Int in 3 } }
  }

  @Test("Plans wait for each other, and nothing else waits for them")
  func planning() async throws {
    let gate = DispatchSemaphore(value: 0)
    let (starts, started) = AsyncStream.makeStream(of: Void.self)
    let planning = RequestWork(threads: 1, waiting: 1)
    let all = PlanningWork(people: planning, tokens: RequestWork(threads: 1))
    let scene = RouteScene(planning: all) { request throws(CommandFailure) in
      if request.isPlanning {
        started.yield()
        gate.wait()
      }
      return OperatorAnswer()
    }
    async let first = scene.send(.fixes(.plan("restart", parameters: [], isProposal: true)))
    var iterator = starts.makeAsyncIterator()
    await iterator.next()
    async let second = scene.send(.replan("r-1"))
    while planning.load < 2 { await Task.yield() }
    #expect(try await scene.send(.fixes(.plan("restart", parameters: [], isProposal: false))).status == 503)
    for request in [OperatorRequest.show("r-1"), .approve("r-1", digest: "0", reason: "seen"), .rollback("r-1")] {
      #expect(try await scene.send(request).status == 200)
    }
    gate.signal()
    gate.signal()
    #expect(try await [first.status, second.status] == [200, 200])
    await all.end()
  }
}

/// Routes of runs with an operation of the test's own.
final class RouteScene: @unchecked Sendable {
  // Sendable, because nothing is added to the client's router any more.
  let client = RouterClient()
  private let seen = Mutex<[(OperatorRequest, UInt32, AnswerLayout)]>([])

  /// Of all scenes, which are hundreds: each has threads.
  private static let work = RequestWork()

  init(
    uid: UInt32 = 1000, work: RequestWork = RouteScene.work, planning: PlanningWork? = nil,
    _ operation: @escaping @Sendable (OperatorRequest) throws(CommandFailure) -> OperatorAnswer
  ) {
    OperatorRoutes<RouterClient.Context>(
      work: work, planning: planning, caller: { _ in .uid(uid) },
      operation: { [self] request, caller, layout throws(CommandFailure) in
        guard caller == .uid(uid) else { throw CommandFailure(.failure, "another caller") }
        seen.withLock { $0.append((request, uid, layout)) }
        return try operation(request)
      }
    ).add(to: client.router)
  }

  var requests: [OperatorRequest] { seen.withLock { $0.map(\.0) } }
  var uids: [UInt32] { seen.withLock { $0.map(\.1) } }
  var layouts: [AnswerLayout] { seen.withLock { $0.map(\.2) } }

  func send(_ request: OperatorRequest, as layout: AnswerLayout = .json) async throws -> RouterClient.Answer {
    let call = request.call
    var path = call.path.map { "/" + URLText.encoded($0) }.joined()
    if !call.query.isEmpty {
      path += "?" + call.query.map { "\($0.name)=\(URLText.encoded($0.value))" }.joined(separator: "&")
    }
    return try await client.send(
      call.method, path, headers: AnswerField.headers(layout),
      body: call.body.map { FieldValue.object($0).json } ?? "")
  }
}
