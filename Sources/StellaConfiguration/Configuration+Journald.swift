import StellaModel

extension Configuration {
  mutating func takeJournald(_ value: ConfigurationValue, resolved: (String) -> String) {
    var settings = JournaldSettings()
    settings.units = value["units"]?.elements.compactMap(\.text) ?? []
    settings.identifiers = value["identifiers"]?.elements.compactMap(\.text) ?? []
    settings.priority = value["priority"]?.text
    settings.directory = value["directory"]?.text.map(resolved)
    settings.isFromStart = value["from"]?.text == "start"
    journald = settings
  }
}

extension ConfigurationSchema {
  static let journald: [ConfigurationKey] = [
    ConfigurationKey(
      "units", .list(.text), example: "[shop.service, 'payments@*.service']",
      "Units, and patterns of units. Without the key: everything."),
    ConfigurationKey("identifiers", .list(.text), example: "sshd", "Names of programs (`SYSLOG_IDENTIFIER`)."),
    ConfigurationKey(
      "priority", .choice(["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]), example: "notice",
      "The least serious entries that are read. Without the key: all."),
    ConfigurationKey(
      "directory", .path, example: "/var/log/journal/remote", "Journal files to read instead of this machine's."),
    ConfigurationKey(
      "from", .choice(["start", "end"]), standard: "end", example: "start",
      "Where the first start begins. Later ones go on where the last one ended."),
  ]
}
