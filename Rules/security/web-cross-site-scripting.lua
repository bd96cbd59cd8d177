-- HTML and JavaScript in the target of a request.
-- One condition over all patterns; they share one scan of the text with those of all other rules.
local function any(field, patterns)
  local tests = {}
  for i, pattern in ipairs(patterns) do tests[i] = ("matches(%s, [==[%s]==])"):format(field, pattern) end
  return table.concat(tests, " or ")
end

-- How the names of event handlers go on after `on`.
local events = "abort|activate|after|animation|auxclick|before|begin|blur|bounce|can(?:cel|play)|cell|change|click|close|"
  .. "context|control|copy|cu(?:echange|t)|data|dblclick|deactivate|drag|drop|duration|empt|end|error|filter|"
  .. "finish|focus|form|fullscreen|gamepad|gesture|got|hashchange|help|input|invalid|key|languagechange|layout|"
  .. "load|lose|lost|media|message|mouse|move|offline|online|orient|page|paste|pause|play|pointer|popstate|"
  .. "progress|property|ratechange|readystate|repeat|reset|resize|resume|reverse|row|scroll|search|seek|select|"
  .. "show|slot|stalled|start|stop|storage|submit|suspend|syncrestored|time|toggle|touch|transition|unhandled|"
  .. "unload|url|volume|waiting|webkit|wheel|zoom"

local patterns = {
  [==[<\s?/?\s?(?:[a-z0-9]+\s?:\s?)?(?:script|iframe|svg|img|image|object|embed|applet|form|frame|frameset|body|html|base|link|meta|style|video|audio|source|input|button|textarea|select|marquee|isindex|math|dialog|details|template|bgsound|layer|xml|xss|noscript|animate|set)\b]==],
  [==[<\s?[a-z]\s[a-z]\s[a-z]\s[a-z]]==],
  [==[(?:[\s"'`/<;]|^)on(?:{events})[a-z]*\s?=]==],
  [==[[\s"'`/<](?:formaction|srcdoc|xlink:href|xmlns)\s?=]==],
  [==[(?:java|vb|live)\s?script\s?:|data\s?:[^&]*(?:<|base64)|-moz-binding|behaviou?r\s?:\s?url|expression\(|@import\b]==],
  [==[\?.*\b(?:document|window|self|top|parent|frames)\s?\.\s?(?:cookie|location|write(?:ln)?|domain|localstorage|body|open|name|alert|eval)\b]==],
  [==[(?:^|\W)(?:alert|prompt|confirm|atob|btoa|settimeout|setinterval|execscript|fetch|eval|string\.fromcharcode|importscripts|function)(?:\([^)]*[\w'"`)]|`)]==],
  [==[(?:\]|\w)\s?\.\s?(?:call|sort|map|apply|filter|foreach)\s?(?:\.\s?(?:call|apply)\s?)?`|\.\s?(?:call|apply)\s?`]==],
  [==[\\u00[0-9a-fa-f]{2}.*\\u00[0-9a-fa-f]{2}]==],
}
for i, pattern in ipairs(patterns) do patterns[i] = pattern:gsub("{events}", events) end

-- What every attack by the target of a request has in it somewhere. The same in all rules that share it, so that it is looked
-- for once; the patterns are tried on what has it.
local suspicious = [==[matches(request_target, [=[[ \n'"<>()\[\]{};|`$\\:]|/\*|=!|bin/|unionselect|=[^&]*=|class\.module|java\.lang|__proto__|ro0ab|aced0005|child_process|process\.\w|_url_include|auto_prepend|disable_functions|suhosin|open_basedir|=(?:https?|ftps?|file)\?]=])]==]

return rule {
  api = 1, id = "security.web-cross-site-scripting", title = "Cross-site scripting", severity = "medium", type = "web_attack", status = "stable",
  tags = { "attack.initial_access", "attack.t1189", "attack.t1190" }, date = "2026-11-21",
  description = "Tags, event handlers, script addresses and calls of JavaScript in the target of a request after its escapes are undone.",
  falsepositives = { "a search for HTML or JavaScript on a site about them", "a client that passes HTML in a query" },
  where = "src_ip ~= nil and (" .. suspicious .. " and (" .. any("request_target", patterns) .. "))",
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 1, within = "10m", window = "from_first" }, suppress_for = "30m",
  summary = "{src_ip} sends HTML or JavaScript: {request_target}",
  actions = {
    "Check what the server answered: a 2xx to an attack is urgent, a 4xx is noise",
    "Block the address when it goes on",
  },
}
