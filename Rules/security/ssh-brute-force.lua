-- One address guesses passwords over SSH, fast.
local p = params {
  max_failures = 5,     -- failed logins within ten minutes that are too many
}

return rule {
  api = 1, id = "security.ssh-brute-force", title = "SSH brute force", severity = "high", type = "brute_force",
  status = "stable", tags = { "attack.credential_access", "attack.t1110.001" }, date = "2026-11-21",
  description = "Failed logins of one address within ten minutes. sshd and PAM write several lines for one try, so each kind "
    .. "of line is counted by itself and the largest count is taken. Lines that syslog has folded "
    .. "(`message repeated 5 times`) count as often as they say.",
  falsepositives = { "a job or a backup with an old password or key", "people behind one address who mistype" },
  where = [[service == "sshd" and src_ip ~= nil and (one_of(event, "ssh.login_failed", "ssh.invalid_user", "ssh.user_refused",
    "ssh.too_many_failures", "ssh.root_refused", "pam.login_failed", "auth.failed")
    or user ~= nil and one_of(event, "ssh.connection_closed", "ssh.connection_reset", "ssh.disconnected"))]],
  by = { "src_ip" }, max_keys = 50000,
  state = {
    failed = window.count { "10m", buckets = 20 }, invalid = window.count { "10m", buckets = 20 },
    pam = window.count { "10m", buckets = 20 }, closed = window.count { "10m", buckets = 20 },
    users = window.distinct { "10m", cap = 32 }, sample = ring(5),
  },
  on = function(e, s)
    local event, count = e.event, 0
    if event == "ssh.login_failed" or event == "auth.failed" then
      local message = e.message or ""
      local times = message:startswith("message repeated ") and tonumber(message:match("^message repeated (%d+) times")) or 1
      for _ = 1, math.min(times, 100) do s.failed:add(e) end
      count = s.failed:count()
    elseif event == "pam.login_failed" then
      s.pam:add(e)
      count = s.pam:count()
    elseif event == "ssh.connection_closed" or event == "ssh.connection_reset" or event == "ssh.disconnected" then
      local message = e.message or ""
      -- Without a failed login these are the ends of ordinary sessions.
      if not message:contains("[preauth]") then return end
      s.closed:add(e)
      count = s.closed:count()
    else
      s.invalid:add(e)
      count = s.invalid:count()
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
