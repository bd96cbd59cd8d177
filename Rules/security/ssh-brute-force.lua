-- One address guesses passwords over SSH, fast.
local p = params {
  max_failures = 5,     -- failed logins within ten minutes that are too many
}

return rule {
  api = 1, id = "security.ssh-brute-force", title = "SSH brute force", severity = "high", type = "brute_force",
  status = "stable", tags = { "attack.credential_access", "attack.t1110.001" }, date = "2026-11-21",
  description = "Failures of one address within ten minutes. A try as a user that does not exist counts twice, since sshd says "
    .. "so in two lines: guessing names is worse than mistyping. What PAM says, and connections that end before a login, are "
    .. "counted by themselves, and the largest count is taken.",
  falsepositives = { "a job or a backup with an old password or key", "people behind one address who mistype" },
  where = [[service == "sshd" and src_ip ~= nil and (one_of(event, "ssh.login_failed", "ssh.invalid_user", "ssh.user_refused",
    "ssh.too_many_failures", "ssh.root_refused", "pam.login_failed", "auth.failed")
    or user ~= nil and one_of(event, "ssh.connection_closed", "ssh.connection_reset", "ssh.disconnected"))]],
  by = { "src_ip" }, max_keys = 50000,
  state = {
    failed = window.count { "10m", buckets = 20 }, pam = window.count { "10m", buckets = 20 },
    closed = window.count { "10m", buckets = 20 }, users = window.distinct { "10m", cap = 32 }, sample = ring(5),
  },
  on = function(e, s)
    local event, count = e.event, 0
    if event == "pam.login_failed" then
      s.pam:add(e)
      count = s.pam:count()
    elseif event == "ssh.connection_closed" or event == "ssh.connection_reset" or event == "ssh.disconnected" then
      -- Without this they are the ends of ordinary sessions.
      if not (e.message or ""):contains("[preauth]") then return end
      s.closed:add(e)
      count = s.closed:count()
    else
      s.failed:add(e)
      count = s.failed:count()
    end
    s.users:add(e.user)
    s.sample:push(e)
    if count >= p.max_failures then
      return alert {
        value = count, count = count, users = s.users:count(), evidence = s.sample,
        summary = "{src_ip} failed to log in over SSH {value} times within ten minutes, as {users} different users",
      }
    end
  end,
  suppress_for = "30m",
  actions = {
    "Block the address (fail2ban, firewall) or take SSH off the public network",
    "Make sure that only keys are accepted (PasswordAuthentication no)",
    "Look for a login of the same address that went well",
  },
}
