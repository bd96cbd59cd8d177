-- One address guesses passwords over SSH, fast.
local p = params {
  max_failures = 5,     -- lines about failed logins within ten minutes
}

return rule {
  api = 1, id = "security.ssh-brute-force", title = "SSH brute force", severity = "high", type = "brute_force",
  status = "stable", tags = { "attack.credential_access", "attack.t1110.001" }, date = "2026-11-21",
  description = "What sshd says of failed logins of one address within ten minutes. A try as a user that does not exist counts "
    .. "twice, since sshd says so in two lines: guessing names is worse than mistyping.",
  falsepositives = { "a job or a backup with an old password or key", "people behind one address who mistype" },
  where = [[one_of(event, "ssh.login_failed", "ssh.invalid_user", "ssh.user_refused", "ssh.too_many_failures",
    "ssh.root_refused", "auth.failed") and service == "sshd" and src_ip ~= nil]],
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = p.max_failures, within = "10m" }, evidence = 5, suppress_for = "30m",
  summary = "{src_ip} failed to log in over SSH: {value} lines within ten minutes, last as {user}",
  actions = {
    "Block the address (fail2ban, firewall) or take SSH off the public network",
    "Make sure that only keys are accepted (PasswordAuthentication no)",
    "Look for a login of the same address that went well",
  },
}
