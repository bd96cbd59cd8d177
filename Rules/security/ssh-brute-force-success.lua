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
  where = [[one_of(event, "ssh.login_failed", "ssh.login_accepted") and src_ip ~= nil]],
  by = { "src_ip" }, max_keys = 50000,
  state = { failures = window.count { "1h", buckets = 30 }, sample = ring(3) },
  on = function(e, s)
    if e.event == "ssh.login_failed" then
      s.failures:add(e)
      s.sample:push(e)
      return
    end
    if e.auth_method == "publickey" then return end
    local failures = s.failures:count()
    if failures < p.min_failures then return end
    s.sample:push(e)
    return alert {
      value = failures, count = failures + 1, user = e.user, affected_users = { e.user }, evidence = s.sample,
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
