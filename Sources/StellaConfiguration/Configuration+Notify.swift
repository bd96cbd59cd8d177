import StellaModel

extension Configuration {
  mutating func takeNotify(
    _ value: ConfigurationValue, resolved: (String) -> String, problems: inout [ConfigurationError.Problem]
  ) {
    for (name, entry) in value["sinks"]?.members ?? [] {
      guard Self.isSinkName(name) else {
        problems.append(
          .init(
            .wrongValue, at: entry.place,
            "`\(TextEscaping.oneLine(name))` can't be a sink's name: ASCII letters, digits and . _ -, at most 64."))
        continue
      }
      guard let kind = Self.sinkKind(name, entry, &problems) else { continue }
      var sink = NotificationSink(name: name, kind: kind)
      sink.timeout = entry["timeout"]?.nanoseconds.map(Duration.nanoseconds) ?? sink.timeout
      sink.caFile = entry["ca_file"]?.text.map(resolved)
      sink.resend = entry["resend"]?.nanoseconds ?? sink.resend
      notify.sinks.append(sink)
    }
    notify.giveUpAfter = value["give_up_after"]?.nanoseconds ?? notify.giveUpAfter
    notify.waitingLimit = value["max_waiting"]?.integer ?? notify.waitingLimit
    // Routes lead to sinks, and are nothing without them.
    if leftOut.contains("notify.sinks") { return }
    let names = value["sinks"]?.members.map(\.name) ?? []
    for entry in value["routes"]?.elements ?? [] { notify.routes.append(Self.route(entry, names, &problems)) }
  }

  private static func isSinkName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-".utf8.contains($0)
      }
  }

  private static func sinkKind(
    _ name: String, _ entry: ConfigurationValue, _ problems: inout [ConfigurationError.Problem]
  ) -> NotificationSink.Kind? {
    func concealed(_ key: String) -> ConcealedText? { entry[key]?.text.map(ConcealedText.init) }
    guard let kind = entry["kind"]?.text else { return nil }
    if kind == "email" { return mail(entry, &problems).map { .email($0) } }
    if kind == "nats" { return nats(name, entry, &problems) }
    guard let url = concealed("url") else { return nil }
    guard HTTPAddress(url.text) != nil else {
      // What stands there may hold a secret.
      problems.append(
        .init(
          .wrongValue, at: entry["url"]?.place ?? entry.place,
          "`url` of the sink \(name) must be a plain http or https URL, without user, password and fragment."))
      return nil
    }
    if let secret = entry["secret"], let text = secret.text, text.utf8.count < 8 {
      problems.append(
        .init(
          .wrongValue, at: secret.place, "the secret of the sink \(name) has fewer than 8 bytes, which can be guessed.")
      )
    }
    if let field = entry["authorization"], let text = field.text, !isFieldText(text) {
      problems.append(
        .init(
          .wrongValue, at: field.place, "`authorization` of the sink \(name) must be ASCII without spaces at its ends.")
      )
    }
    switch kind {
    case "slack": return .slack(url: url)
    case "alertmanager": return .alertmanager(url: url, authorization: concealed("authorization"))
    default: return .webhook(url: url, secret: concealed("secret"), authorization: concealed("authorization"))
    }
  }

  private static func nats(
    _ name: String, _ entry: ConfigurationValue, _ problems: inout [ConfigurationError.Problem]
  ) -> NotificationSink.Kind? {
    guard let url = entry["url"]?.text, let subject = entry["subject"]?.text else { return nil }
    let host = url.hasPrefix("nats://") ? String(url.dropFirst(7).split(separator: "@").last ?? "") : ""
    if HTTPOrigin("http://" + host) == nil {
      // What stands there may hold a password.
      problems.append(
        .init(
          .wrongValue, at: entry["url"]?.place ?? entry.place,
          "`url` of the sink \(name) must be nats://HOST:PORT, with USER:PASSWORD@ or TOKEN@ before the host if need be."
        ))
    }
    let tokens = subject.split(separator: ".", omittingEmptySubsequences: false)
    let isSubject = tokens.allSatisfy { token in
      !token.isEmpty && token.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"*>".utf8.contains($0) }
    }
    if !isSubject || subject.utf8.count > 255 {
      problems.append(
        .init(
          .wrongValue, at: entry["subject"]?.place ?? entry.place,
          "`subject` of the sink \(name) must be words with dots between them, such as stella.alerts, without * and >.")
      )
    }
    return .nats(url: ConcealedText(url), subject: subject)
  }

  private static func isFieldText(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x20...0x7e).contains($0) } && text.first != " " && text.last != " "
  }

  private static func mail(
    _ entry: ConfigurationValue, _ problems: inout [ConfigurationError.Problem]
  ) -> MailSettings? {
    guard let server = entry["server"]?.text, let from = entry["from"]?.text, let to = entry["to"]?.elements else {
      return nil
    }
    let recipients = to.compactMap { element in element.text.map { (text: $0, place: element.place) } }
    let senders = [(text: from, place: entry["from"]?.place ?? entry.place)]
    for (text, place) in senders + recipients where !MailSettings.isAddress(text) {
      problems.append(
        .init(
          .wrongValue, at: place, "`\(TextEscaping.oneLine(text))` is no plain mail address such as ops@example.org."))
    }
    guard let colon = server.lastIndex(of: ":"), let port = Int(server[server.index(after: colon)...]),
      let origin = HTTPOrigin("http://" + server), origin.port == port
    else {
      problems.append(
        .init(
          .wrongValue, at: entry["server"]?.place ?? entry.place,
          "`server` must be a host and a port, such as mail.internal:587; found `\(TextEscaping.oneLine(server))`."))
      return nil
    }
    let security = entry["security"]?.text.flatMap(MailSettings.Security.init(rawValue:)) ?? .startTLS
    var settings = MailSettings(
      host: origin.host, port: port, security: security, from: from, to: recipients.map(\.text))
    settings.user = entry["user"]?.text
    settings.password = entry["password"]?.text.map(ConcealedText.init)
    if (settings.user == nil) != (settings.password == nil) {
      problems.append(
        .init(.conflict, at: entry["user"]?.place ?? entry.place, "`user` and `password` go together. Write both."))
    }
    if settings.user != nil, security == .none {
      problems.append(
        .init(
          .conflict, at: entry["security"]?.place ?? entry.place,
          "a password isn't sent without TLS. Write `security: starttls` or `tls`, or leave out `user` and `password`.")
      )
    }
    return settings
  }

  private static func route(
    _ entry: ConfigurationValue, _ names: [String], _ problems: inout [ConfigurationError.Problem]
  ) -> NotificationRoute {
    func texts(_ key: String) -> [String]? { entry[key]?.elements.compactMap(\.text) }
    var route = NotificationRoute()
    if let kinds = texts("kinds") { route.match.kinds = Set(kinds.compactMap(Notice.Kind.init(rawValue:))) }
    route.match.severities = Set((texts("severity") ?? []).compactMap(Severity.init(rawValue:)))
    route.match.rules = texts("rules") ?? []
    route.match.groups = Set(texts("groups") ?? [])
    route.match.services = Set(texts("services") ?? [])
    for (name, value) in entry["key"]?.members ?? [] { route.match.key[name] = value.text }
    for element in entry["sinks"]?.elements ?? [] {
      guard let name = element.text else { continue }
      if names.contains(name) {
        route.sinks.append(name)
      } else {
        let hint = NearestName.of(name, in: names).map { " Did you mean `\($0)`?" } ?? ""
        problems.append(
          .init(.wrongValue, at: element.place, "there is no sink `\(TextEscaping.oneLine(name))`.\(hint)"))
      }
    }
    route.continues = entry["continue"]?.flag ?? false
    route.groupBy = texts("group_by") ?? route.groupBy
    route.groupWait = entry["group_wait"]?.nanoseconds ?? route.groupWait
    route.groupInterval = entry["group_interval"]?.nanoseconds ?? route.groupInterval
    route.repeatInterval = entry["repeat_interval"]?.nanoseconds ?? route.repeatInterval
    if let statuses = texts("status") {
      route.sendsResolved = statuses.contains("resolved")
      if !statuses.contains("firing") {
        problems.append(
          .init(
            .conflict, at: entry["status"]?.place ?? entry.place,
            "`status` needs `firing`: what resolves is told only where its firing was told."))
      }
    }
    return route
  }
}
