-- Scanners and exploit kits that say who they are.
local tools = {
  "nikto|sqlmap|nmap|nessus|openvas|acunetix|netsparker|arachni|w3af|wpscan|joomscan|dirbuster|gobuster|feroxbuster",
  "ffuf|wfuzz|dirsearch|nuclei|masscan|zgrab|zmeu|morfeus|jorgee|havij|hydra|medusa|commix|whatweb|skipfish|vega/",
  "grabber|paros|webshag|brutus|fimap|metis|bsqlbf|sqlninja|absinthe|burp|zaproxy|owasp zap|xsser|fuzz faster",
  "l9explore|l9tcpid|leakix|expanseinc|censysinspect|shodan|internetmeasurement|tsunami|hello, world|mozi\\.|jaeles",
  "interactsh|projectdiscovery|t\\(r\\)uby|muieblackcat|blackwidow|dotdotpwn|springenwerk|nsauditor|n-stealth|qualys",
  "rapid7|appscan|webinspect|cgichk|pmafind|datacha0s|dav\\.pm|evilbot|rondo|report runner|gh0st|sysscan|wprecon",
  "cmsmap|droopescan|patator|go-dork|katana|httpx",
}
-- Plain alternatives are looked for in all user agents at once; the large expression sees only what they find.
local found = {}
for i, names in ipairs(tools) do found[i] = ("matches(user_agent, [==[(?i)%s]==])"):format(names) end

return rule {
  api = 1, id = "security.web-bad-user-agent", title = "Attack tool", severity = "medium", type = "scan", status = "stable",
  tags = { "attack.reconnaissance", "attack.t1595" }, date = "2026-11-21",
  description = "The user agent of a request names a vulnerability scanner, a brute-force tool or a botnet.",
  falsepositives = { "a scan that was ordered" },
  where = "src_ip ~= nil and (" .. table.concat(found, " or ") .. ")"
    .. " and matches(user_agent, [==[(?i)\\b(?:" .. table.concat(tools, "|") .. ")]==])",
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 1, within = "10m", window = "from_first" }, suppress_for = "1h",
  summary = "{src_ip} uses {user_agent}",
  actions = { "Ask whether somebody ordered the scan", "Block the address otherwise" },
}
