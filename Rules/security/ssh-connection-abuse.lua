-- Connections to sshd that never come to a login: scanners, exploits of the handshake, denied clients.
return rule {
  api = 1, id = "security.ssh-connection-abuse", title = "SSH connections without a login", severity = "low", type = "scan",
  status = "stable", tags = { "attack.reconnaissance", "attack.t1595" }, date = "2026-11-21",
  description = "Six connections of one address within ten minutes that time out or end before the login, speak no SSH, offer only "
    .. "refused algorithms, or are denied. Where only keys are accepted, guessing shows here alone.",
  falsepositives = { "a load balancer or a monitor that opens the port to see whether it is open", "very old clients" },
  where = [[src_ip ~= nil and (one_of(event, "ssh.timeout", "ssh.bad_protocol", "ssh.negotiation_failed", "ssh.no_identification",
    "ssh.connection_refused", "ssh.protocol_error")
    or one_of(event, "ssh.connection_closed", "ssh.connection_reset", "ssh.disconnected") and user ~= nil
      and endswith(message, "[preauth]"))]],
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 6, within = "10m" }, evidence = 3, suppress_for = "1h",
  summary = "{src_ip} opened {value} SSH connections within ten minutes without logging in",
  actions = { "Leave the monitor's address out, or block the scanner's" },
}
