-- Parameters that make the server fetch something: remote file inclusion, server-side request forgery.
-- One condition over all patterns; they share one scan of the text with those of all other rules.
local function any(field, patterns)
  local tests = {}
  for i, pattern in ipairs(patterns) do tests[i] = ("matches(%s, [==[%s]==])"):format(field, pattern) end
  return table.concat(tests, " or ")
end

local patterns = {
  [==[[=:](?:ftps?|sftp|tftp|gopher|dict|ldaps?|php|phar|zip|expect|glob|ogg|rar|netdoc|local_file|file|ssh2|smb)://]==],
  [==[=(?:url:\w+|jar:https?|view-source):]==],
  [==[=(?:https?|ftps?|file)(?:://[^?&\s]*)?\?+(?:&|$)]==],
  [==[=https?://(?:\d{1,3}\.){3}\d{1,3}]==],
  [==[=https?://(?:localhost|0x[0-9a-f]+|\d{8,10}|\[)]==],
}

-- What every attack by the target of a request has in it somewhere. The same in all rules that share it, so that it is looked
-- for once; the patterns are tried on what has it.
local suspicious = [==[matches(request_target, [=[[ \n'"<>()\[\]{};|`$\\:]|/\*|=!|bin/|unionselect|=[^&]*=|class\.module|java\.lang|__proto__|ro0ab|aced0005|child_process|process\.\w|_url_include|auto_prepend|disable_functions|suhosin|open_basedir|=(?:https?|ftps?|file)\?]=])]==]

return rule {
  api = 1, id = "security.web-remote-inclusion", title = "Parameter that points the server elsewhere", severity = "medium", type = "web_attack", status = "stable",
  tags = { "attack.initial_access", "attack.t1190" }, date = "2026-11-21",
  description = "Addresses in parameters that a web application should not fetch: other schemes than http, bare addresses, the "
    .. "machine itself, and the trailing `?` of old inclusion exploits.",
  falsepositives = { "an application that takes callback addresses by design; leave its route out" },
  where = "src_ip ~= nil and (" .. suspicious .. " and (" .. any("request_target", patterns) .. "))",
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 1, within = "10m", window = "from_first" }, suppress_for = "30m",
  summary = "{src_ip} passes an address for the server to fetch: {request_target}",
  actions = {
    "Check what the server answered: a 2xx to an attack is urgent, a 4xx is noise",
    "Block the address when it goes on",
  },
}
