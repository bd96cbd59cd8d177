-- Expressions of Java, templates, Ruby and Node: Log4Shell, OGNL, Spring4Shell, deserialisation.
-- One condition over all patterns; they share one scan of the text with those of all other rules.
local function any(field, patterns)
  local tests = {}
  for i, pattern in ipairs(patterns) do tests[i] = ("matches(%s, [==[%s]==])"):format(field, pattern) end
  return table.concat(tests, " or ")
end

local patterns = {
  [==[\$\{\s?(?:jndi|lower|upper|env|sys|java|date|ctx|main|bundle|script|url|dns|base64|const|file|properties|xml|::-|[^}]*\$\{|[a-z0-9_]*:)]==],
  [==[\$\{[^}]*(?:@|#|t\(|getclass|runtime|processbuilder|exec\()]==],
  [==[%\{[^}]*(?:#|@|\(\)|\*)|\(#(?:_memberaccess|context|a|cmd|rt)\b|#_memberaccess]==],
  [==[java\.lang\.|getruntime\s?\(|runtime\.exec|processbuilder|class(?:\.|\[)module|classloader|javax\.script|xwork|opensymphony]==],
  [==[\{\{\s?(?:\d+\s?[*+-]\s?\d+|[^}]*(?:constructor|__class__|config|request\.|self\.|cycler|lipsum|_self|alert))]==],
  [==[<%[=@!\s]|#\{[^}]*(?:\(|\*)]==],
  [==[process\.spawn|child_process|process\.(?:env|mainmodule|binding)|require\s?\(\s?['"]|__proto__|constructor\.prototype|constructor\.constructor|io\.popen]==],
  [==[ro0ab[a-z0-9+/]|aced0005|o:\d+:"\w+":\d+:\{|(?:^|=)a:\d+:\{[is]:]==],
}

-- What every attack by the target of a request has in it somewhere. The same in all rules that share it, so that it is looked
-- for once; the patterns are tried on what has it.
local suspicious = [==[matches(request_target, [=[[ \n'"<>()\[\]{};|`$\\:]|/\*|=!|bin/|unionselect|=[^&]*=|class\.module|java\.lang|__proto__|ro0ab|aced0005|child_process|process\.\w|_url_include|auto_prepend|disable_functions|suhosin|open_basedir|=(?:https?|ftps?|file)\?]=])]==]

return rule {
  api = 1, id = "security.web-expression-injection", title = "Expression or object injection", severity = "medium", type = "web_attack", status = "stable",
  tags = { "attack.initial_access", "attack.execution", "attack.t1190", "attack.t1203" }, date = "2026-11-21",
  description = "Lookups and expressions that libraries evaluate (`${jndi:…}`, `%{…}`, `{{…}}`, class loaders, serialised objects), in the "
    .. "target, the user agent or the referer of a request.",
  falsepositives = { "placeholders of a template that a client forgot to fill in" },
  where = "src_ip ~= nil and (" .. suspicious .. " and (" .. any("request_target", patterns) .. ")" .. [==[
    or matches(user_agent, [=[(?i)\$\{[^}]*(?:jndi|lower|upper|env|::-|\$\{)]=])
    or matches(referer, [=[(?i)\$\{[^}]*(?:jndi|lower|upper|env|::-|\$\{)]=]))]==],
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 1, within = "10m", window = "from_first" }, suppress_for = "30m",
  summary = "{src_ip} sends expressions for the server to evaluate: {request_target}",
  actions = {
    "Check what the server answered: a 2xx to an attack is urgent, a 4xx is noise",
    "Block the address when it goes on",
    "Look for outgoing connections (LDAP, RMI, DNS, HTTP) of the server right after the request",
  },
}
