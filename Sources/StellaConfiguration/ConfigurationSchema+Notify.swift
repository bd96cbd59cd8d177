import StellaModel

extension ConfigurationSchema {
  private static let hour: Int64 = 3_600_000_000_000

  static let notify: [ConfigurationKey] = [
    ConfigurationKey(
      "sinks", .map(key: "a name", .variants(sinks)), isRequired: true, example: sinksExample,
      "Where messages go. Addresses, passwords and secrets are in no answer, log or message; write them as variables of the "
        + "environment."),
    ConfigurationKey(
      "routes", .list(.object(route)),
      "Which notices go where. They are looked at in this order, and the first that fits takes a notice. Without the key, alerts go "
        + "to every sink."),
    ConfigurationKey(
      "give_up_after", .duration(1_000_000_000...(7 * 24 * hour)), standard: "1h", example: "2h",
      "After so long a message that its sink doesn't take is given up. `stella notifications retry` tries it again."),
    ConfigurationKey(
      "max_waiting", .integer(10...1_000_000), standard: "10000", example: "2000",
      "Messages that may wait at a time. Beyond that the oldest are given up."),
  ]

  private static let sinksExample =
    "\n      on-call: { kind: slack, url: '${SLACK_URL}' }\n"
    + "      pager: { kind: webhook, url: 'https://pager.internal/hook', secret: '${PAGER_SECRET}', timeout: 5s }\n"
    + "      prometheus: { kind: alertmanager, url: 'http://127.0.0.1:9093', authorization: '${AM_TOKEN}', resend: 30s }\n"
    + "      mail: { kind: email, server: 'mail.internal:587', security: starttls, user: stella, password: "
    + "'${MAIL_PASSWORD}', from: stella@example.org, to: [ops@example.org] }\n"
    + "      bus: { kind: nats, url: 'nats://127.0.0.1:4222', subject: stella.alerts }"

  private static let timeout = ConfigurationKey(
    "timeout", .duration(100_000_000...300_000_000_000), standard: "10s", example: "5s",
    "From the connection to the last byte of the answer.")
  private static let authority = ConfigurationKey(
    "ca_file", .path, example: "/etc/stella/ca.pem",
    "Certificates (PEM) of those to believe instead of the system's. Certificates are always checked.")
  private static let url = ConfigurationKey(
    "url", .text, isRequired: true, example: "'${HOOK_URL}'",
    "An http or https URL without user and password. Redirects are not followed.")
  private static let authorization = ConfigurationKey(
    "authorization", .text, example: "'${HOOK_TOKEN}'", "A bearer token, or `USER:PASSWORD`.")

  /// The keys of a sink, by its kind.
  static let sinks: [(name: String, keys: [ConfigurationKey])] = [
    (
      "webhook",
      [
        url,
        ConfigurationKey(
          "secret", .text, example: "'${HOOK_SECRET}'",
          "What each message is signed with, in `Stella-Signature: t=SECONDS,v1=DIGITS`: HMAC-SHA256 over the seconds, a dot and the "
            + "body. At least 8 bytes."),
        authorization, timeout, authority,
      ]
    ),
    ("slack", [url, timeout, authority]),
    (
      "alertmanager",
      [
        url, authorization,
        ConfigurationKey(
          "resend", .duration(1_000_000_000...hour), standard: "1m", example: "30s",
          "How often it is told of an alert that goes on. It takes one for resolved that it didn't hear of for four times as long."
        ),
        timeout, authority,
      ]
    ),
    (
      "email",
      [
        ConfigurationKey(
          "server", .text, isRequired: true, example: "mail.internal:587", "The mail server and its port."),
        ConfigurationKey(
          "security", .choice(MailSettings.Security.allCases.map(\.rawValue)), standard: "starttls", example: "tls",
          "`tls` from the first byte, `starttls` after the greeting, and nothing is sent where the server can't; `none` for a server "
            + "on this machine, without a password."),
        ConfigurationKey("user", .text, example: "stella", "Who logs in; with `password`."),
        ConfigurationKey("password", .text, example: "'${MAIL_PASSWORD}'", "Sent over TLS alone."),
        ConfigurationKey("from", .text, isRequired: true, example: "stella@example.org", "Whose mail it is."),
        ConfigurationKey("to", .list(.text), isRequired: true, example: "[ops@example.org]", "Who gets it."),
        timeout, authority,
      ]
    ),
    (
      "nats",
      [
        ConfigurationKey(
          "url", .text, isRequired: true, example: "'nats://127.0.0.1:4222'",
          "A NATS server with JetStream, with `USER:PASSWORD@` or `TOKEN@` before the host when it asks for them."),
        ConfigurationKey(
          "subject", .text, isRequired: true, example: "stella.alerts",
          "Where messages are published. A stream has to take it; Stella makes none."),
        timeout,
      ]
    ),
  ]

  private static let route: [ConfigurationKey] = [
    ConfigurationKey(
      "kinds", .list(.choice(Notice.Kind.allCases.map(\.rawValue))), standard: "[alert]", example: "[alert, approval]",
      "`alert`; `approval`: a plan that waits for people; `run`: one that ended, or that a person has to look at; `engine`: trouble of "
        + "Stella's own."),
    ConfigurationKey(
      "severity", .list(.choice(Severity.allCases.map(\.rawValue))), example: "[high, critical]", "Only these."),
    ConfigurationKey(
      "rules", .list(.text), example: "['security.*', errors.spike]", "Only of these rules; `*` stands for any text."),
    ConfigurationKey(
      "groups", .list(.text), example: "[security]", "Only of rules with this before the first dot of their id."),
    ConfigurationKey(
      "services", .list(.text), example: "[checkout]", "Only with one of these as `service` in the key."),
    ConfigurationKey(
      "key", .map(key: "a name of the rule's `by`, or of a label", .text), example: "{ region: eu }",
      "Only with these values."),
    ConfigurationKey(
      "status", .list(.choice(["firing", "resolved"])), standard: "[firing, resolved]", example: "[firing, resolved]",
      "`[firing]` leaves out when it was over. What resolves is told where its firing was told, and nowhere else."),
    ConfigurationKey("sinks", .list(.text), isRequired: true, example: "[on-call]", "Names of sinks."),
    ConfigurationKey(
      "continue", .flag, standard: "false", example: "true", "Whether the routes below are looked at as well."),
    ConfigurationKey(
      "group_by", .list(.text), standard: "[rule]", example: "[rule, service]",
      "What is gathered into one message: what has the same values of these. `rule`, `group`, `severity`, `subject` (each alert by "
        + "itself) and names of the key and labels."),
    ConfigurationKey(
      "group_wait", .duration(0...hour), standard: "30s", example: "10s",
      "How long the first of a group waits for others. An Alertmanager gets everything at once."),
    ConfigurationKey(
      "group_interval", .duration(0...(24 * hour)), standard: "5m", example: "1m",
      "How long after a message of a group there may be another one with news."),
    ConfigurationKey(
      "repeat_interval", .duration(60_000_000_000...(30 * 24 * hour)), standard: "4h", example: "12h",
      "How long after a message of a group it is said again while nothing is new."),
  ]
}
