-- One address guesses passwords over SSH, slowly enough to stay below what bans look for.
return rule {
  api = 1, id = "security.ssh-slow-brute-force", title = "Slow SSH brute force", severity = "medium", type = "brute_force",
  status = "stable", tags = { "attack.credential_access", "attack.t1110.001" }, date = "2026-11-21",
  description = "Twelve connections of one address whose login failed, within six hours, however far apart.",
  falsepositives = { "a job with an old password that runs every few minutes" },
  where = [[one_of(event, "ssh.login_failed", "ssh.invalid_user") and src_ip ~= nil]],
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 12, within = "6h", distinct = "pid" }, evidence = 5,
  summary = "{src_ip} failed to log in over SSH on {value} connections within six hours",
  actions = {
    "Block the address, and raise the time that failures are remembered for (fail2ban: findtime)",
    "Look for other addresses that try the same users",
  },
}
