-- One address posts to a login again and again and is refused.
return rule {
  api = 1, id = "security.web-login-brute-force", title = "Web login brute force", severity = "high", type = "brute_force",
  status = "stable", tags = { "attack.credential_access", "attack.t1110" }, date = "2026-11-21",
  description = "Six requests of one address within two minutes that a login refuses: 4xx to a POST on a path of a login, 401 "
    .. "and 403 to any POST, and 200 to the form of a login, which is how a page says that the password was wrong; the right one "
    .. "leads elsewhere. Logs that name the event are login-brute-force's matter.",
  falsepositives = { "a client with an expired token that tries again without a pause" },
  where = [[src_ip ~= nil and method == "POST" and event == nil and (one_of(status, 401, 403)
    or one_of(status, 400, 404, 422, 429) and matches(route, [=[(?i)log[-_]?[io]n|sign[-_]?in|/session|/auth|/token|passw]=])
    or status == 200 and not contains(route, "/api/")
      and matches(route, [=[(?i)/(?:(?:wp-login|xmlrpc|administrator/index)\.php|log[-_]?in(?:\.(?:php|aspx?|jsp|do|html?))?)$]=]))]],
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 6, within = "2m" }, evidence = 5, suppress_for = "30m",
  summary = "{src_ip} was refused {value} times within two minutes, last at {route}",
  actions = {
    "Limit the rate of the login, and block the address",
    "Look for a login of the same address that went well",
  },
}
