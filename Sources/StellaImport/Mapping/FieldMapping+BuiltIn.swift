extension FieldMapping {
  /// The mappings that need no file, by name.
  package static let builtInNames = ["stella", "windows-evtx", "windows-flat", "winlogbeat"]

  /// The built-in mapping of that name.
  package static func builtIn(_ name: String) -> FieldMapping? {
    switch name {
    case "stella": try? FieldMapping(yaml: stellaText, file: "stella")
    case "windows-evtx": WindowsLogSources.evtx.mapping
    case "windows-flat": WindowsLogSources.flat.mapping
    case "winlogbeat": WindowsLogSources.winlogbeat.mapping
    default: nil
    }
  }

  /// The names that Stella's own decoders give, and its aliases.
  static let stellaText = """
    name: stella
    by: host
    keywords: message
    default: "{}"
    fields:
      c-ip: src_ip
      client_ip: src_ip
      src_ip: src_ip
      dst_ip: dst_ip
      dst_port: dst_port
      src_port: port
      cs-method: method
      sc-status: status
      cs-username: user
      c-useragent: user_agent
      cs-user-agent: user_agent
      cs(User-Agent): user_agent
      cs-referer: referer
      cs(Referer): referer
      cs-version: protocol
      sc-bytes: bytes
      cs-host: [vhost, host]
      r-dns: [vhost, host]
      c-uri: [uri, url]
      cs-uri: [uri, url]
      cs-uri-stem: route
      c-uri-stem: route
      cs-uri-query: [query, uri]
      c-uri-query: query
    sources:
      - category: webserver
        where: method ~= nil or uri ~= nil
      - category: proxy
        where: method ~= nil or uri ~= nil or url ~= nil
      - category: firewall
        where: dst_ip ~= nil or dst_port ~= nil
      - {product: linux, service: sshd, where: 'service == "sshd"'}
      - {product: linux, service: sudo, where: 'service == "sudo"'}
      - {product: linux, service: cron, where: 'iequals(service, "cron") or service == "crond"'}
      - {product: linux, service: vsftpd, where: 'service == "vsftpd"'}
      - {product: linux, service: clamav, where: 'one_of(service, "clamd", "clamscan", "freshclam", "clamav")'}
    """
}
