-- Many addresses try the password of one account: a botnet that no address-based ban stops.
local p = params {
  min_addresses = 8,    -- different addresses within ten minutes
}

return rule {
  api = 1, id = "security.account-under-attack", title = "Many addresses try one account", severity = "high",
  type = "credential_stuffing", status = "stable", tags = { "attack.credential_access", "attack.t1110.004" },
  date = "2026-11-21",
  description = "Failed logins as one user from many different addresses within ten minutes. Names that every botnet tries "
    .. "(root, admin, test …) are left out: for them this is always so.",
  falsepositives = { "an account that a fleet of machines shares, after its password was changed" },
  where = [[(one_of(event, "ssh.login_failed", "auth.failed", "login_failed", "login.failed", "login_failure", "login-failed",
    "loginFailed", "LoginFailed", "authentication_failed", "authentication_failure", "auth_failed", "auth.login_failed",
    "user.login_failed", "user.login.failed", "signin_failed")
    or status == 401 and matches(route, [=[(?i)(?:log|sign)[-_]?in|logon|/session|/auth|/token]=]))
    and src_ip ~= nil and account ~= nil and not one_of(account, "root", "admin", "administrator", "test", "user", "guest",
      "oracle", "postgres", "mysql", "ubuntu", "debian", "pi", "git", "ftp", "ftpuser", "www-data", "nagios", "support",
      "jenkins", "hadoop", "deploy", "info", "ubnt", "0", "default", "operator", "service", "a", "student")]],
  by = { "account" }, max_keys = 100000, affected = "account",
  threshold = { count = p.min_addresses, within = "10m", distinct = "src_ip" }, evidence = 5, suppress_for = "30m",
  summary = "{value} different addresses failed to log in as {account} within ten minutes",
  actions = {
    "Require a second factor for the account, or lock it for a while",
    "Tell its owner, and ask whether the password is used elsewhere",
  },
}
