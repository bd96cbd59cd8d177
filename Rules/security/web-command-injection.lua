-- Shell and PowerShell commands in the target of a request, and Shellshock in headers.
-- One condition over all patterns; they share one scan of the text with those of all other rules.
local function any(field, patterns)
  local tests = {}
  for i, pattern in ipairs(patterns) do tests[i] = ("matches(%s, [==[%s]==])"):format(field, pattern) end
  return table.concat(tests, " or ")
end

-- What separates one command from the next, with what may stand in front of a command.
local separator = [==[(?:[;|`\n\r]|\$\(|&&|&\s|[<>]\()\s?(?:\$\w*\s)*["']?(?:/?(?:usr/)?(?:local/)?s?bin/)?]==]
-- Commands, those that are no words of a language, and those that need no argument to be one.
local commands = "(?:ba|z|k|c|tc|da|a|fi)?sh|cat|ls|ll|id|whoami|uname|wget|curl|nc|ncat|netcat|telnet|ping6?|nslookup|dig|"
  .. "python[23]?|perl|ruby|php\\d?|node|lua|gcc|chmod|chown|rm|cp|mv|touch|mkdir|echo|printf|base64|xxd|tail|"
  .. "head|less|more|tac|sed|awk|grep|find|xargs|env|printenv|ps|kill|killall|pkill|ifconfig|ip|netstat|arp|route|"
  .. "hostname|dpkg|apt|apt-get|yum|apk|pip3?|npm|tar|zip|unzip|gzip|crontab|at|systemctl|service|sleep|sudo|su|"
  .. "passwd|useradd|ssh|scp|tftp|ftp|mysql|psql|openssl|busybox|nohup|tee|sort|dir|type|net|ipconfig|systeminfo|"
  .. "tasklist|powershell|pwsh|cmd|certutil|bitsadmin|mshta|rundll32|regsvr32|regedit|reg|wmic|cscript|wscript|"
  .. "schtasks"
local unmistakable = "(?:ba|z|k|c|da)sh|whoami|wget|curl|ncat|netcat|nslookup|ifconfig|chmod|chown|printenv|crontab|tcpdump|"
  .. "useradd|busybox|nohup|pip3?|apt-get|npm|ls|ll|cat|rc|uname|python[23]?|perl|ruby|powershell|pwsh|certutil|"
  .. "bitsadmin|mshta|rundll32|regsvr32|wmic|cscript|wscript|systemctl|sudo|scp|ssh|tar|rm|chroot|dpkg|git"
local no_words = "(?:z|k|ba|da)sh|ls|ll|wget|chmod|chown|pip3?\\sinstall|apt-get|yum\\sinstall|ncat|nslookup|useradd|"
  .. "aa-disable|aa-enforce|busybox|systemctl|crontab"
local alone = "whoami|uname|ifconfig|ipconfig|netstat|systeminfo|tasklist|printenv"

local patterns = {
  [==[{separator}(?:{commands})["']?(?:\s["'/$~.*-]|\s\w+[./:]|\s\d+:\d+)]==],
  [==[{separator}(?:{alone})\b]==],
  [==[(?:[;`\n]|\$\(|&&)\s?(?:id|ls|dir|pwd|env|ps)\s?(?:[;|&`)]|$)]==],
  [==[[;|`]\s?(?:\$\w*\s)*(?:{no_words}|curl)\s\w]==],
  [==[=\s?["']?(?:{unmistakable})["']?\s(?:["']?[-/~.$*]|\w+\.(?:sh|ps1|py|pl|exe|bat)\b)]==],
  [==[=\s?["']?(?:{no_words})["']?\s\w]==],
  [==[(?:^|[=/;|&\s"'(])(?:usr/(?:local/)?)?s?bin/[a-z]]==],
  [==[\$(?:\{(?:shell|ifs|home|path|pwd|bash)\}|(?:shell|ifs|bash|hostname|path)\b)]==],
  [==[[a-z]\$(?:[@*!?_$-]|\{\w*\}|\(\w*\))[a-z/]]==],
  [==[[;|&=]\s?[a-z]+\\[a-z]+\s/|\s/[a-z/]*\\[a-z]+]==],
  [==[=\{,|[;=]\{/?[^,}&"]+\?[^,}&"]*,[^}]*\}|\{(?:[a-z/]+,)+[^}"]*\}]==],
  [==[(?:=|[;|&]\s?)(?:'[a-z]{1,6}'[a-z]{1,10}|"[a-z]{1,6}"[a-z]{1,10})(?:\s|&|$)]==],
  [==[=!!|=!\d+(?:&|$)|:\s?\(\)\s?\{]==],
  [==[\$\$?\[?\$?\((?:\(|[a-z./]+\s)|`[a-z/]+(?:\s[^`]*)?`]==],
  [==[\binvoke-(?:webrequest|expression|command|restmethod|item)\b|\biex\s?\(|-encodedcommand|\bnew-object\s(?:system\.)?net|\bcmd(?:\.exe)?\s?/[ck]\b|powershell(?:\.exe)?\s-]==],
  [==[\b(?:certutil|bitsadmin|mshta|rundll32|regsvr32|regedit|wmic|schtasks)(?:\.exe)?\s[/-]?\w+[\s:/]+\S]==],
}
local parts = { separator = separator, commands = commands, unmistakable = unmistakable, no_words = no_words, alone = alone }
for i, pattern in ipairs(patterns) do patterns[i] = pattern:gsub("{(%a[%a_]+)}", parts) end

-- What every attack by the target of a request has in it somewhere. The same in all rules that share it, so that it is looked
-- for once; the patterns are tried on what has it.
local suspicious = [==[matches(request_target, [=[[ \n'"<>()\[\]{};|`$\\:]|/\*|=!|bin/|unionselect|=[^&]*=|class\.module|java\.lang|__proto__|ro0ab|aced0005|child_process|process\.\w|_url_include|auto_prepend|disable_functions|suhosin|open_basedir|=(?:https?|ftps?|file)\?]=])]==]

return rule {
  api = 1, id = "security.web-command-injection", title = "Command injection", severity = "medium", type = "web_attack", status = "stable",
  tags = { "attack.execution", "attack.t1059", "attack.t1190" }, date = "2026-11-21",
  description = "Commands after a separator or at the start of a parameter, the ways to hide them from filters, and the function header "
    .. "of Shellshock in the user agent or referer.",
  falsepositives = { "a search for a command with its arguments on a site about shells" },
  where = "src_ip ~= nil and (" .. suspicious .. " and (" .. any("request_target", patterns) .. ")" .. [==[
    or matches(user_agent, [=[\(\)\s*\{]=]) or matches(referer, [=[\(\)\s*\{]=]))]==],
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 1, within = "10m", window = "from_first" }, suppress_for = "30m",
  summary = "{src_ip} sends shell commands: {request_target}",
  actions = {
    "Check what the server answered: a 2xx to an attack is urgent, a 4xx is noise",
    "Block the address when it goes on",
  },
}
