extension ConfigurationSchema {
  static let secret: [ConfigurationKey] = [
    ConfigurationKey(
      "version", .text, isRequired: true, example: "7",
      "Names the value: fixes write `name@version`. Give another one whenever the value changes, so that no approved plan "
        + "is carried out with a value that nobody meant."),
    ConfigurationKey(
      "env", .text, example: "ON_CALL_TOKEN", "The environment variable with the value. Either this or `file`."),
    ConfigurationKey(
      "file", .path, example: "/etc/stella/on-call-token",
      "The file with the value, for its owner only (`chmod 600`). One line feed at its end doesn't count."),
  ]

  /// The keys of a target, by its kind.
  static let targets: [(name: String, keys: [ConfigurationKey])] = [
    ("sqlite", sqlite), ("postgres", postgres), ("http", http), ("host", host),
  ]

  private static let read = ConfigurationKey(
    "read", .flag, standard: "true", example: "true",
    "Whether `plan` and `verify` of fixes may ask it. They never change anything.")
  private static let maxRows = ConfigurationKey(
    "max_rows", .integer(1...1_000_000), standard: "10000", example: "500",
    "The most rows that one effect may change, whatever its fix says.")
  private static let lockTimeout = ConfigurationKey(
    "lock_timeout", .duration(1_000_000...600_000_000_000), standard: "10s", example: "30s",
    "How long to wait for others before nothing is changed.")
  private static let connectTimeout = ConfigurationKey(
    "connect_timeout", .duration(1_000_000...600_000_000_000), standard: "5s", example: "2s",
    "How long a connection may take.")

  private static let sqlite: [ConfigurationKey] = [
    ConfigurationKey("path", .path, isRequired: true, example: "/srv/app/app.db", "The database file."),
    read, maxRows, lockTimeout,
  ]

  private static let postgres: [ConfigurationKey] = [
    ConfigurationKey(
      "address", .text, isRequired: true, example: "postgresql://stella@db.internal/orders",
      "A connection string or URI as libpq reads it. Write `${NAME}` for one with a password."),
    read, maxRows, connectTimeout, lockTimeout,
  ]

  private static let http: [ConfigurationKey] = [
    ConfigurationKey(
      "address", .list(.text), isRequired: true, example: "https://search.internal",
      "Where requests may go: `https://host` or `http://host:port`, without a path. Redirects are never followed."),
    ConfigurationKey(
      "allow", .list(.object(request)), isRequired: true, "What may be requested. Nothing else is sent."),
    connectTimeout,
    ConfigurationKey(
      "timeout", .duration(1_000_000...3_600_000_000_000), standard: "30s", example: "10s",
      "From the connection to the last byte of the answer. What takes longer has an unclear outcome."),
    ConfigurationKey(
      "response_bytes", .size(256...(16 << 20)), standard: "64KiB", example: "256KiB",
      "The longest answer that is read. A longer one has an unclear outcome."),
    ConfigurationKey(
      "ca_file", .path, example: "/etc/stella/ca.pem",
      "Certificates (PEM) of those to believe instead of the system's. Certificates are always checked."),
  ]

  static let request: [ConfigurationKey] = [
    ConfigurationKey(
      "method", .choice(["DELETE", "GET", "PATCH", "POST", "PUT"]), isRequired: true, example: "POST", "The method."),
    ConfigurationKey(
      "path", .text, isRequired: true, example: "'/sources/{word}/reindex'",
      "The path. Between two slashes stands text, a choice such as `{eu|us}`, or `{word}` for letters, digits and "
        + "`. _ ~ @ : -`. A query is allowed as it is written: `?region={word}`."),
    ConfigurationKey(
      "safe", .flag, standard: "false", example: "true",
      "Whether it may be sent without asking anybody. A fix can still ask for approval."),
  ]

  private static let host: [ConfigurationKey] = [
    ConfigurationKey("commands", .list(.object(command)), isRequired: true, "What may be run. Nothing else is."),
    ConfigurationKey("directory", .path, standard: "/", example: "/", "The working directory of commands."),
    ConfigurationKey(
      "timeout", .duration(1_000_000...86_400_000_000_000), standard: "2m", example: "5m",
      "How long a command may run. What takes longer is ended, with everything that it started."),
    ConfigurationKey(
      "grace", .duration(0...600_000_000_000), standard: "5s", example: "10s",
      "How long a command has after SIGTERM before it gets SIGKILL."),
    ConfigurationKey(
      "output_bytes", .size(256...(16 << 20)), standard: "64KiB", example: "256KiB",
      "How much of the end of its output is looked at."),
    ConfigurationKey(
      "cpu_time", .duration(1_000_000_000...86_400_000_000_000), standard: "1m", example: "30s",
      "Processor time of each of its processes, in whole seconds."),
    ConfigurationKey(
      "memory_bytes", .size((16 << 20)...(1 << 40)), standard: "4GiB", example: "1GiB",
      "Address space of each of its processes."),
    ConfigurationKey(
      "file_bytes", .size(0...(1 << 40)), standard: "256MiB", example: "16MiB", "The longest file that it may write."),
    ConfigurationKey(
      "open_files", .integer(16...65536), standard: "256", example: "64",
      "Files that each of its processes may have open."
    ),
    ConfigurationKey(
      "sandbox", .choice(["none", "bubblewrap", "landlock"]), standard: "none", example: "bubblewrap",
      "`bubblewrap`: a file system without rights to write, a `/tmp` and processes of its own. It must be installed. "
        + "`landlock`: no right to write, make or remove files, `/tmp` included; it sees other processes. It takes Linux 6.2."
    ),
  ]

  static let command: [ConfigurationKey] = [
    ConfigurationKey(
      "argv", .list(.text), isRequired: true, example: "[/usr/bin/systemctl, restart, '{payq.service|payw.service}']",
      "The program with its whole path, and each argument: text, a choice such as `'{one|other}'`, or `'{word}'` for "
        + "letters, digits and `. _ @ : / -` that don't begin with `-`. Put braces into quotes. There is no shell."),
    ConfigurationKey(
      "safe", .flag, standard: "false", example: "false",
      "Whether it may run without asking anybody. A fix can still ask for approval."),
  ]

  /// Every key of every kind of target, as a part of a file.
  static let targetsExample = """

      app-db: { kind: sqlite, path: /srv/app/app.db, read: true, max_rows: 500, lock_timeout: 30s }
      orders-db: { kind: postgres, address: 'postgresql://stella@db.internal/orders', connect_timeout: 2s }
      search:
        kind: http
        address: https://search.internal
        allow:
          - { method: POST, path: '/sources/{word}/reindex', safe: true }
        timeout: 10s
        response_bytes: 256KiB
        ca_file: /etc/stella/ca.pem
      local:
        kind: host
        commands:
          - { argv: [/usr/bin/systemctl, restart, '{payq.service|payw.service}'], safe: false }
          - { argv: [/usr/bin/systemctl, is-active, --quiet, '{word}'] }
        directory: /
        timeout: 5m
        grace: 10s
        output_bytes: 256KiB
        cpu_time: 30s
        memory_bytes: 1GiB
        file_bytes: 16MiB
        open_files: 64
        sandbox: none
    """
}
