-- One address tries the passwords of many accounts: credential stuffing, password spraying.
local p = params {
  min_accounts = 8,     -- different accounts within ten minutes
}

return rule {
  api = 1, id = "security.failed-logins-spread", title = "Failed logins spread over many accounts", severity = "high",
  type = "credential_stuffing", status = "stable",
  tags = { "attack.credential_access", "attack.t1110.003", "attack.t1110.004" }, date = "2026-11-21",
  description = "Failed logins of one address as many different users within ten minutes, in whatever log: SSH, mail, web "
    .. "applications that log the user.",
  falsepositives = { "a proxy or an office behind one address: log the forwarded address, or raise min_accounts" },
  where = [[(one_of(event, "ssh.login_failed", "pam.login_failed", "auth.failed", "login_failed", "login.failed", "login_failure",
    "login-failed", "loginFailed", "LoginFailed", "authentication_failed", "authentication_failure", "auth_failed",
    "auth.login_failed", "user.login_failed", "user.login.failed", "signin_failed")
    or status == 401 and matches(route, [=[(?i)(?:log|sign)[-_]?in|logon|/session|/auth|/token]=]))
    and src_ip ~= nil]],
  by = { "src_ip" }, max_keys = 50000, affected = "account",
  threshold = { count = p.min_accounts, within = "10m", distinct = "account" }, evidence = 5, suppress_for = "30m",
  summary = "{src_ip} failed to log in as {value} different users within ten minutes",
  actions = {
    "Block the address, or ask for a second factor or a captcha from it",
    "Look for logins of the same address that went well, and reset those passwords",
  },
}
