/// Every key of `stella.yaml`.
enum ConfigurationSchema {
  static let formats = ["auto", "json", "journald", "logfmt", "syslog", "combined", "nginx-error", "plain"]

  static let keys =
    general + muting + approvals + [
      ConfigurationKey(
        "privacy", .object(privacy),
        "Personal data that is taken out of every line and every event before it is stored, detected or shown. Without the key "
          + "nothing is, but for streams of who is no admin."),
      ConfigurationKey("server", .object(server), "What `stella serve` offers over the network."),
      ConfigurationKey(
        "notify", .object(notify),
        "Whom `stella serve` tells of alerts, waiting approvals, ended runs and its own trouble."),
      ConfigurationKey(
        "syslog", .object(syslog),
        "Where `stella serve` takes syslog messages (RFC 5424 and 3164) over the network. They are kept in the intake journal until "
          + "detection has used them."),
      ConfigurationKey(
        "probes", .map(key: "a name", .object(probe)), example: probesExample,
        "Services that `stella serve` asks again and again whether they answer. What came of it is an event, with `ok`, `duration_ms` and "
          + "`error_type`."),
      ConfigurationKey(
        "scrape", .map(key: "a name", .object(scrape)), example: "node",
        "Endpoints that `stella serve` asks for their metrics again and again, as Prometheus does. Samples become events, and each "
          + "answer one with `up`."),
      ConfigurationKey(
        "journald", .object(journald),
        "What `stella serve` reads of systemd's journal, through `journalctl`. `journald: {}` reads everything. A restart goes on where "
          + "reading ended."),
    ]

  private static let general: [ConfigurationKey] = [
    ConfigurationKey(
      "rules", .list(.path), standard: "[Rules]", example: "[Rules, /etc/stella/rules]",
      "Directories and files that rules are loaded from, searched through with what is below. Without the key: `./Rules`, "
        + "or the rules that ship when there is no such directory."),
    ConfigurationKey(
      "sources", .list(.object(source)), alternatives: 3,
      "Logs to watch when the command line names none. Each entry has exactly one of `path`, `paths` and `stdin`."),
    ConfigurationKey(
      "state", .path, standard: "./.stella", example: "/var/lib/stella",
      "Directory for everything that survives a restart, such as source positions. It is created for its owner only; its "
        + "parent must exist. One watching process may use it at a time."),
    ConfigurationKey("limits", .object(limits), "What bounds memory, waiting and threads."),
    ConfigurationKey("reload", .object(reload), "What changed rules must stand before they go live."),
    ConfigurationKey(
      "params", .map(key: "a rule's id", .map(key: "a parameter of the rule", .scalar)),
      example: "{ errors.spike: { min_count: 50 } }",
      "Values for the parameters that rules declare with `params { … }`, by rule id. What is not named keeps the rule's "
        + "own value. A rule id or parameter that doesn't exist is refused when the rules are loaded."),
    ConfigurationKey(
      "secrets", .map(key: "a name that fixes use", .object(secret)),
      example:
        "{ on-call-token: { version: 7, env: ON_CALL_TOKEN }, search-token: { version: a, file: search.token } }",
      "Secrets that requests and commands of fixes may use by `name@version`. Their values are in no plan, log or message."
    ),
    ConfigurationKey(
      "targets", .map(key: "a name that fixes use", .variants(targets)), example: targetsExample,
      "What fixes may ask and change. What isn't here can't be touched; what isn't said to be safe waits for approval."
    ),
  ]

  static let source: [ConfigurationKey] = [
    ConfigurationKey(
      "path", .path, example: "/var/log/auth.log",
      "A file, or a pattern with `*`, `?`, `[…]` or `{a,b}`. Files that begin to match are found while following."),
    ConfigurationKey(
      "paths", .list(.path), example: "[/var/log/nginx/access.log, '/srv/*/error.log']", "Several of these."),
    ConfigurationKey("stdin", .flag, example: "true", "Standard input."),
    ConfigurationKey(
      "format", .choice(formats), standard: "auto", example: "json",
      "How its lines are written. `auto` decides by the first lines and says what it decided."),
    ConfigurationKey(
      "tz", .text, standard: "UTC", example: "Europe/Berlin",
      "Time zone of times that are written without one, as an IANA name or as `+02:00`."),
    ConfigurationKey(
      "year", .integer(1970...2200), example: "2025",
      "Year of times that are written without one. Without the key: of the file's last change when it was first opened; "
        + "from December to January it moves on."),
    ConfigurationKey(
      "from", .choice(["start", "end", "checkpoint"]), example: "checkpoint",
      "Where reading begins. `checkpoint` means the saved position, else the end. Without the key: the command line's "
        + "`--from`."),
    ConfigurationKey(
      "service", .text, example: "checkout", "Name of the service for events that name none themselves."),
  ]

  static let reload: [ConfigurationKey] = [
    ConfigurationKey(
      "test_gate", .flag, standard: "true", example: "false",
      "Whether the tests beside changed rules must pass before the rules go live. They run beside the stream, which goes on "
        + "with the rules before. `--test-gate` and `--no-test-gate` of `watch` and `serve` go before this."),
    ConfigurationKey(
      "test_time", .duration(100_000_000...3_600_000_000_000), standard: "30s", example: "1m",
      "How long these tests may take. After it the rules are not taken live."),
  ]

  static let limits: [ConfigurationKey] = [
    ConfigurationKey(
      "line_bytes", .size(64...(64 << 20)), standard: "1MiB", example: "256KiB",
      "Longest line that is kept whole; longer ones are cut there and counted."),
    ConfigurationKey(
      "lateness", .duration(0...86_400_000_000_000), standard: "5s", example: "10s",
      "How much older than the newest event of its source an event may be and still count in its own period."),
    ConfigurationKey(
      "checkpoint", .duration(1_000_000...3_600_000_000_000), standard: "1s", example: "10s",
      "How often, at most, state is saved for a restart. A restart reads what came since then again, and prints its alerts "
        + "again under the same ids. Saving takes a tenth of the time at most, whatever is written here."),
    ConfigurationKey(
      "workers", .integer(1...64), standard: "1", example: "2",
      "Threads that rules are spread over, at most one for each core. Alerts don't depend on it; it pays when many rules see "
        + "many events."),
  ]
}
