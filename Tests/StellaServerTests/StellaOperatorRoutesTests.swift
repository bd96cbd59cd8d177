import Hummingbird
import Logging
import ServiceLifecycle
import StellaEngine
import StellaModel
import Synchronization
import Testing

@testable import StellaServer

@Suite("Operators' routes in a host's own server, behind the host's own login", .timeLimit(.minutes(20)))
struct StellaOperatorRoutesTests {
  struct HostContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var user: String?

    init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
  }

  /// A login as a host may have one.
  struct HostLogin: RouterMiddleware {
    func handle(
      _ request: Request, context: HostContext, next: (Request, HostContext) async throws -> Response
    ) async throws -> Response {
      var context = context
      context.user = request.headers[.authorization].map { String($0.dropFirst("Bearer ".count)) }
      return try await next(request, context)
    }
  }

  static func router(_ shop: ExampleShop) -> Router<HostContext> {
    let router = Router(context: HostContext.self)
    let operators = router.group("operators").add(middleware: HostLogin())
    StellaOperatorRoutes(shop.engine) { _, context in
      context.user.map { StellaOperator($0, $0 == "vera" ? .viewer : .approver) }
    }.add(to: operators)
    shop.add(to: router)
    return router
  }

  /// A host with a refund that waits, until `body` returns; then it is shut down as a process manager does it.
  static func serving(_ body: (HostClient, ExampleShop, EngineRun) async throws -> Void) async throws {
    let shop = try await ExampleShop()
    let (ports, running) = AsyncStream.makeStream(of: Int.self)
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let app = Application(
      router: router(shop), configuration: .init(address: .hostname("127.0.0.1", port: 0)), services: [shop.engine],
      onServerRunning: { channel in
        if let port = channel.localAddress?.port { running.yield(port) }
        running.finish()
      }, logger: quiet)
    let group = ServiceGroup(services: [app], logger: quiet)
    let serving = Task {
      defer { running.finish() }
      try await group.run()
    }
    defer { serving.cancel() }
    let client = HostClient(port: try #require(await ports.first { _ in true }))
    let runs = shop.engine.runs
    shop.gateway.fail()
    for _ in 0..<2 { #expect(try await client.post("/orders/o1/payment", "").status == 502) }
    var waiting: EngineRun?
    for await run in runs where run.state == .awaiting && run.fix == "refund-order" {
      waiting = run
      break
    }
    try await body(client, shop, try #require(waiting))
    await group.triggerGracefulShutdown()
    try await serving.value
  }

  @Test("An approver sees what waits and decides on exactly that plan, and the program carries it out")
  func approved() async throws {
    try await Self.serving { client, shop, run in
      let runs = shop.engine.runs
      let digest = try #require(run.digest)
      let path = "/operators/runs/\(run.id)"
      let list = try await client.get("/operators/approvals", token: "mara")
      #expect(list.status == 200 && list.body.contains(#""id":"\#(run.id)""#) && list.body.contains(digest))
      let shown = try await client.get(path, token: "mara").body
      #expect(shown.contains(#""argv":["refund","o1"]"#) && shown.contains(#""state":"awaiting""#))

      let other = "sha256:" + String(repeating: "0", count: 64)
      let blind = try await client.post(path + "/approve", #"{"digest":"\#(other)","reason":"blindly"}"#, token: "mara")
      #expect(blind.status == 409 && blind.text.contains("application/problem+json"), "\(blind)")
      let vote = #"{"digest":"\#(digest)","reason":"twice is enough"}"#
      let form = try await client.post(path + "/approve", vote, token: "mara", type: "text/plain")
      #expect(form.status == 415)
      let more = try await client.post(
        path + "/approve", #"{"digest":"\#(digest)","reason":"r","x":"y"}"#, token: "mara")
      #expect(more.status == 400 && more.body.contains("there is no member x"))
      #expect(try await client.post(path + "/approve", vote, token: "ivo").status == 403)
      #expect(shop.gateway.refunds.isEmpty)

      #expect(try await client.post(path + "/approve", vote, token: "mara").status == 200)
      for await changed in runs where changed.id == run.id && changed.endedAt != nil { break }
      #expect(shop.gateway.refunds == ["o1"])
      // Given again it gets the same answer, and nothing more comes of it.
      #expect(try await client.post(path + "/approve", vote, token: "mara").status == 200)
      #expect(shop.gateway.refunds == ["o1"])
      #expect(try await client.get(path, token: "mara").body.contains(#""state":"succeeded""#))
    }
  }

  @Test("A viewer sees alerts, runs and figures, but no plan, and decides nothing; who isn't known sees nothing")
  func viewer() async throws {
    try await Self.serving { client, shop, run in
      for path in ["status", "metrics", "stream", "alerts", "alerts/1", "runs", "runs/\(run.id)", "approvals"] {
        let answer = try await client.get("/operators/\(path)")
        #expect(answer.status == 401 && !answer.body.contains(run.id), "\(path): \(answer)")
      }
      let vote = #"{"digest":"\#(run.digest ?? "")","reason":"r"}"#
      #expect(try await client.post("/operators/runs/\(run.id)/reject", vote).status == 401)
      #expect(try await client.post("/operators/runs/\(run.id)/reject", vote, token: "vera").status == 403)

      #expect(try await client.get("/operators/status", token: "vera").body.contains(#""phase":"running","well":true"#))
      #expect(try await client.get("/operators/metrics", token: "vera").body.contains("\nstella_rules 2\n"))
      let alerts = try await client.get("/operators/alerts?all=true&rule=shop.orders", token: "vera")
      #expect(alerts.body.contains(run.alert) && alerts.body.contains(#""rule":"shop.orders""#), "\(alerts)")
      #expect(try await client.get("/operators/alerts/\(run.alert)", token: "vera").status == 200)
      #expect(try await client.get("/operators/alerts/none", token: "vera").status == 404)
      let runs = try await client.get("/operators/runs?state=awaiting&fix=refund-order&limit=5", token: "vera")
      #expect(runs.body.contains(run.id))
      #expect(try await client.get("/operators/runs?limit=0", token: "vera").status == 400)
      let shown = try await client.get("/operators/runs/\(run.id)", token: "vera").body
      #expect(shown.contains(#""plan":null"#) && !shown.contains("argv"))
    }
  }

  @Test("An approver looks after an alert, and takes a run back")
  func responds() async throws {
    try await Self.serving { client, shop, run in
      let reason = #"{"reason":"mine"}"#
      let withdrawn = try await client.post("/operators/runs/\(run.id)/withdraw", reason, token: "mara")
      #expect(withdrawn.status == 200 && withdrawn.body.contains(#""state":"withdrawn""#), "\(withdrawn)")
      let path = "/operators/alerts/\(run.alert)"
      let acknowledged = try await client.post(path + "/acknowledge", reason, token: "mara")
      #expect(acknowledged.status == 200 && acknowledged.body.contains(#""acknowledged":{"by":"user:mara""#))
      #expect(try await client.post(path + "/resolve", #"{"reason":" "}"#, token: "mara").status == 400)
      #expect(
        try await client.post(path + "/resolve", reason, token: "mara").body.contains(#""status":"resolved""#))
      for verb in ["/acknowledge", "/resolve"] {
        let again = try await client.post(path + verb, reason, token: "mara")
        #expect(again.status == 409 && again.body.contains("is over since"), "\(again)")
      }
    }
  }

  @Test("An approver stops all effects and lets them go on, and what makes no sense changes nothing")
  func freezes() async throws {
    try await Self.serving { client, shop, run in
      let runs = shop.engine.runs
      let reason = #"{"reason":"deploy"}"#
      #expect(try await client.post("/operators/freeze", reason, token: "vera").status == 403)
      #expect(try await client.post("/operators/freeze", #"{"reason":" "}"#, token: "mara").status == 400)
      #expect(try await client.post("/operators/freeze", reason, token: "mara").body == "{\"frozen\":true}\n")
      let path = "/operators/runs/\(run.id)"
      let vote = #"{"digest":"\#(run.digest ?? "")","reason":"twice is enough"}"#
      _ = try await client.post(path + "/approve", vote, token: "mara")
      #expect(shop.gateway.refunds.isEmpty)
      #expect(try await client.post("/operators/unfreeze", reason, token: "mara").status == 200)
      if try await shop.engine.run(run.id).state == .awaiting {
        #expect(try await client.post(path + "/approve", vote, token: "mara").status == 200)
      }
      for await changed in runs where changed.id == run.id && changed.endedAt != nil { break }
      #expect(shop.gateway.refunds == ["o1"])
      let wrong = #"{"outcome":"maybe","reason":"r"}"#
      #expect(try await client.post(path + "/reconcile", wrong, token: "mara").status == 400)
      #expect(try await client.post(path + "/rollback", "", token: "mara").status != 200)
      #expect(try await client.post(path + "/replan", "", token: "mara").status == 409)
    }
  }

  @Test("An approver sets and ends silences, which go on record; a viewer sees them; what makes no sense is refused")
  func silences() async throws {
    try await Self.serving { client, shop, _ in
      let path = "/operators/silences"
      let body = #"{"rule":"shop.orders","key":{"order":"o1"},"for":"2h","reason":"known"}"#
      #expect(try await client.post(path, body).status == 401)
      #expect(try await client.post(path, body, token: "vera").status == 403)
      #expect(try await client.post(path, body, token: "mara", type: "text/plain").status == 415)
      for wrong in [
        body.replacing("2h", with: "soon"), body.replacing("2h", with: "40d"), body.replacing("known", with: " "),
        body.replacing("\"for\"", with: "\"form\""),
      ] {
        let answer = try await client.post(path, wrong, token: "mara")
        #expect(answer.status == 400, "\(wrong): \(answer)")
      }
      #expect(try await client.get(path, token: "vera").body.isEmpty)
      let set = try await client.post(path, body, token: "mara")
      #expect(set.status == 200 && set.body.hasPrefix(#"{"number":1,"until":"20"#), "\(set)")
      let listed = try await client.get(path, token: "vera").body
      #expect(listed.contains(#""rule":"shop.orders","key":{"order":"o1"}"#), "\(listed)")
      #expect(listed.contains(#""by":"user:mara","reason":"known"}"#), "\(listed)")
      #expect(try await client.delete(path + "/1", token: "vera").status == 403)
      #expect(try await client.delete(path + "/1", token: "mara").body == "{\"number\":1}\n")
      #expect(try await client.delete(path + "/1", token: "mara").status == 404)
      #expect(try await client.delete(path + "/one", token: "mara").status == 400)
      #expect(try await client.get(path, token: "vera").body.isEmpty)
      // What was set is told though it is over by then, and nothing is asked after that might fail.
      let brief = try await client.post(path, body.replacing("2h", with: "1ns"), token: "mara")
      #expect(brief.status == 200 && brief.body.hasPrefix(#"{"number":2,"until":"20"#), "\(brief)")
    }
  }

  @Test("An approver asks for a fix without an alert, which waits for votes")
  func asksFor() async throws {
    try await Self.serving { client, shop, run in
      let path = "/operators/runs"
      let body = #"{"fix":"refund-order","params":{"order":"o7"}}"#
      #expect(try await client.post(path, body).status == 401)
      #expect(try await client.post(path, body, token: "vera").status == 403)
      #expect(try await client.post(path, body, token: "ivo").status == 403)
      let unknown = try await client.post(path, #"{"fix":"refund"}"#, token: "mara")
      #expect(unknown.status == 404, "\(unknown)")
      for wrong in [#"{"params":{}}"#, #"{"fix":"refund-order","params":{"order":["o7"]}}"#] {
        let answer = try await client.post(path, wrong, token: "mara")
        #expect(answer.status == 400, "\(answer)")
      }
      let asked = try await client.post(path, body, token: "mara")
      #expect(asked.status == 200 && asked.body.contains(#""fix":"refund-order""#), "\(asked)")
      #expect(asked.body.contains(#""state":"awaiting""#) && !asked.body.contains(run.id), "\(asked)")
      #expect(shop.gateway.refunds.isEmpty)
    }
  }

  @Test("The stream tells of what changes, and ends with the server instead of holding it up")
  func stream() async throws {
    var text = ""
    var pieces: AsyncStream<String>.Iterator?
    try await Self.serving { client, shop, run in
      #expect(try await client.get("/operators/stream?types=event", token: "vera").status == 400)
      pieces = try client.stream("/operators/stream?types=run", token: "vera").makeAsyncIterator()
      while !text.contains("retry: 2000"), let piece = await pieces?.next() { text += piece }
      try await shop.engine.withdraw(run.id, reason: "mine", by: "mara")
      while !text.contains(#""state":"withdrawn""#), let piece = await pieces?.next() { text += piece }
    }
    while let piece = await pieces?.next() { text += piece }
    #expect(
      text.contains("\r\ncontent-type: text/event-stream") || text.contains("\r\nContent-Type: text/event-stream"))
    #expect(text.contains("event: run\ndata: {") && !text.contains("event: alert"))
    #expect(text.contains("event: end\ndata: {\"reason\":\"the server ends\"}\n\n"), "\(text)")
  }

  @Test("The stream tells what people say about alerts, a resolve once, with who and why")
  func remarks() async throws {
    var text = ""
    var pieces: AsyncStream<String>.Iterator?
    try await Self.serving { client, shop, run in
      pieces = try client.stream("/operators/stream?types=alert", token: "vera").makeAsyncIterator()
      while !text.contains("retry: 2000"), let piece = await pieces?.next() { text += piece }
      let alerts = shop.engine.alerts
      try await shop.engine.acknowledge(alert: run.alert, reason: "mine", by: "mara")
      try await shop.engine.resolve(alert: run.alert, reason: "undone", by: "mara")
      for await alert in alerts where alert.id == run.alert { break }
      while !text.contains("undone"), let piece = await pieces?.next() { text += piece }
    }
    while let piece = await pieces?.next() { text += piece }
    #expect(text.contains("event: alert\ndata: {\"event\":\"acknowledged\""), "\(text)")
    #expect(text.components(separatedBy: "data: {\"event\":\"resolved\"").count == 2, "\(text)")
  }

  @Test("Who may no longer listen is told so, and gets nothing more")
  func over() async throws {
    let engine = try await StellaEngine(EngineConfiguration(rules: .memory(ExampleShop.rules)))
    let looks = Mutex(0)
    let client = RouterClient()
    StellaOperatorRoutes(engine, clients: 1, ping: .milliseconds(1)) { _, _ in
      looks.withLock { looks in
        looks += 1
        return looks < 4 ? StellaOperator("vera", .viewer) : nil
      }
    }.add(to: client.router)
    let answer = try await client.get("/stream")
    #expect(
      answer.body == "retry: 2000\n\n" + String(repeating: ": ping\n\n", count: 2)
        + "event: end\ndata: {\"reason\":\"the session is over; log in again\"}\n\n")
    engine.shutDown()
    try await engine.run()
  }

  @Test("One client too many is told to come back, and what is asked for makes sense or is refused")
  func places() async throws {
    let engine = try await StellaEngine(EngineConfiguration(rules: .memory(ExampleShop.rules)))
    let client = RouterClient()
    StellaOperatorRoutes(engine, clients: 0) { _, _ in StellaOperator("vera", .viewer) }.add(to: client.router)
    let full = try await client.get("/stream")
    #expect(full.status == 503 && full.headers["retry-after"] == "30" && full.body.contains("0 clients listen already"))
    #expect(try await client.get("/alerts?everything=true").status == 400)
    engine.shutDown()
    try await engine.run()
    #expect(try await client.get("/status").body.contains(#""phase":"ended","well":false"#))
    #expect(try await client.get("/runs").status == 503)
  }
}
