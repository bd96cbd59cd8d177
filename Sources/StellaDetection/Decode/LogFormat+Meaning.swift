extension LogFormat {
  /// How its lines look, in one sentence for the reference page.
  package var meaning: String {
    switch self {
    case .auto: "Found out from the first lines of each source; what was picked is said."
    case .json: "One JSON object per line."
    case .journald:
      "What `journalctl -o json` writes: the fields of the journal, and of the message as of one of syslog."
    case .logfmt: "`key=value key=\"value with spaces\"`."
    case .syslog:
      "RFC 3164 and RFC 5424, also without the priority and with ISO times as files hold them; messages of sshd, sudo, cron "
        + "and PAM get fields of their own."
    case .combined: "Common and combined access logs of nginx and Apache."
    case .nginxError: "Error logs of nginx and Apache."
    case .plain: "Any other text; a time and a level are recognised where they commonly stand."
    }
  }
}
