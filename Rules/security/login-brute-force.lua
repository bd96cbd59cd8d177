-- One address fails to log in again and again to a service that is not SSH: mail, FTP, databases, applications.
return rule {
  api = 1, id = "security.login-brute-force", title = "Login brute force", severity = "high", type = "brute_force",
  status = "stable", tags = { "attack.credential_access", "attack.t1110" }, date = "2026-11-21",
  description = "Six failed logins of one address within five minutes. The decoders recognise what the usual daemons write, and "
    .. "JSON logs count when they name the event.",
  falsepositives = { "a mail client or a job with an old password" },
  where = [[one_of(event, "auth.failed", "pam.login_failed", "login_failed", "login.failed", "login_failure", "login-failed",
    "loginFailed", "LoginFailed", "authentication_failed", "authentication_failure", "auth_failed", "auth.login_failed",
    "user.login_failed", "user.login.failed", "signin_failed") and src_ip ~= nil and not (service == "sshd")]],
  by = { "src_ip", "service" }, max_keys = 50000,
  threshold = { count = 6, within = "5m" }, evidence = 5, suppress_for = "30m",
  summary = "{src_ip} failed to log in to {service} {value} times within five minutes",
  actions = { "Block the address", "Look for a login of the same address that went well" },
}
