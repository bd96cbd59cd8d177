-- Requests that climb out of the web root, or name files that no client should see.
-- One condition over all patterns; they share one scan of the text with those of all other rules.
local function any(field, patterns)
  local tests = {}
  for i, pattern in ipairs(patterns) do tests[i] = ("matches(%s, [==[%s]==])"):format(field, pattern) end
  return table.concat(tests, " or ")
end

local patterns = {
  [==[(?:^|[/\\=?&:;,"' ])\.{2,}[/\\]]==],
  [==[\.\.;/]==],
  [==[(?:^|[=/\s:;,"'(>\\])etc/(?:passwd|shadow|group|gshadow|hosts|sudoers|subuid|subgid|crontab|fstab|issue|motd|mysql|nginx|apache2?|httpd|ssh|ssl|cron|profile|environment|resolv\.conf|os-release|services|network)]==],
  [==[(?:^|[=/\s:;,"'(>])(?:proc/(?:self|version|cmdline|mounts|net|\d+)|sys/(?:class|kernel|devices|hypervisor))(?:[/=&\s]|$)]==],
  [==[boot\.ini|win\.ini|system32|web\.config|windows/(?:system|win)]==],
  [==[(?:^|[/=\\\s])\.(?:ssh|aws|azure|gnupg|docker|kube|git|svn|hg|bzr|ansible|vscode|idea|terraform|npm)(?:/|$)]==],
  [==[\.(?:bash_history|zsh_history|mysql_history|psql_history|bashrc|zshrc|netrc|pgpass|htpasswd|htaccess|npmrc|pypirc|git-credentials|dockercfg|viminfo|my\.cnf)\b]==],
  [==[(?:^|[/=\\\s"'])\.history\b]==],
  [==[\b(?:id_rsa|id_dsa|id_ecdsa|id_ed25519|authorized_keys)\b]==],
  [==[=[^&]*\b(?:backup|dump|database|db|data)\.(?:sql|tar|zip|gz|bak|7z|rar)\b]==],
  [==[>\s?/tmp/\w]==],
  [==[^[^?]*/\.[a-z0-9_-]+/[^?]*\.(?:json|ya?ml|toml|env|md|aider|sh|ini|conf|db|log|key|pem|txt|php)(?:\?|$)]==],
  [==[^[^?]*/\.[a-z0-9_-]+/(?:config|credentials|settings|secrets|hooks)]==],
}

return rule {
  api = 1, id = "security.web-path-traversal", title = "Path traversal or access to hidden files", severity = "medium", type = "web_attack", status = "stable",
  tags = { "attack.initial_access", "attack.t1190", "attack.t1083" }, date = "2026-11-21",
  description = "`../` in whatever spelling, system files, keys and credentials, and files in hidden folders, in the target of a "
    .. "request after its escapes are undone. `/.well-known/` is left alone.",
  falsepositives = { "a crawler that resolves relative links badly", "a site that publishes files of hidden folders on purpose" },
  -- Apache refuses some of them before it knows the target, and says so in its error log.
  where = "src_ip ~= nil and ((" .. any("request_target", patterns) .. [==[) and not contains(request_target, "/.well-known/")
    or matches(message, [=[(?i)invalid uri (?:path|in request) .*(?:\.|%2e){2}/]=]))]==],
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 1, within = "10m", window = "from_first" }, suppress_for = "30m",
  summary = "{src_ip} asks for files outside of the site: {request_target}",
  actions = {
    "Check what the server answered: a 2xx to an attack is urgent, a 4xx is noise",
    "Block the address when it goes on",
  },
}
