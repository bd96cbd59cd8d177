-- Failed logins over SSH, and then one that went well, from the same address.
local p = params {
  min_failures = 5,     -- failures within the hour before the login
}

return rule {
  api = 1, id = "security.ssh-brute-force-success", title = "SSH login after a brute force", severity = "critical",
  type = "account_takeover", status = "stable",
  tags = { "attack.credential_access", "attack.initial_access", "attack.t1110", "attack.t1078" }, date = "2026-11-21",
  description = "A login with a password that is accepted from an address whose logins failed again and again within the hour "
    .. "before. The most serious thing an SSH log can say.",
  falsepositives = { "a person who forgot the password and found it in the end" },
  where = [[src_ip ~= nil]], by = { "src_ip" }, max_keys = 50000, affected = "user",
  sequence = { within = "1h",
    { name = "failures", match = [[event == "ssh.login_failed"]], times = p.min_failures },
    { name = "login", match = [[event == "ssh.login_accepted" and not (auth_method == "publickey")]] },
  },
  on_match = function(m)
    return alert {
      value = m.failures.seen, count = m.failures.seen + 1, affected_users = { m.last.user },
      summary = "{src_ip} logged in over SSH as {user} after {value} failures",
    }
  end,
  suppress_for = "30m",
  actions = {
    "Lock the account and end its sessions",
    "Block the address",
    "Read what was done in that session: shell history, sudo, new keys, cron, outgoing connections",
    "Change the password and require keys",
  },
}
