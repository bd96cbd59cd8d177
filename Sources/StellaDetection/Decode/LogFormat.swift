/// How the lines of a source are written.
package enum LogFormat: String, CaseIterable, Sendable, Codable {
  /// Found out from the first lines, per source.
  case auto
  /// One JSON object per line.
  case json
  /// What `journalctl -o json` writes.
  case journald
  /// `key=value key="value with spaces"`.
  case logfmt
  /// RFC 3164 and RFC 5424, also as files hold them: without priority, with ISO times.
  case syslog
  /// Common and combined access logs of web servers, with the usual additions.
  case combined
  /// Error logs of nginx and Apache.
  case nginxError = "nginx-error"
  /// Any other text: a time and a level are recognised wherever they commonly stand.
  case plain
}
