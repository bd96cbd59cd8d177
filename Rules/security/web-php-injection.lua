-- PHP code in the target of a request.
-- One condition over all patterns; they share one scan of the text with those of all other rules.
local function any(field, patterns)
  local tests = {}
  for i, pattern in ipairs(patterns) do tests[i] = ("matches(%s, [==[%s]==])"):format(field, pattern) end
  return table.concat(tests, " or ")
end

-- Functions of PHP, and those whose names are words of English, which need their parenthesis at once.
local functions = "array_(?:diff|map|filter|walk|reduce|udiff)|assert_options|base64_(?:de|en)code|bin2hex|"
  .. "call_user_func(?:_array)?|chmod|chown|chr|create_function|curl_(?:exec|init)|date_add|error_log|"
  .. "escapeshell(?:arg|cmd)|eval|exec|fclose|fget(?:c|csv|s)|file(?:group|owner|perms|_(?:get|put)_contents)|"
  .. "fopen|fpassthru|fputs|fread|fsockopen|function_exists|fwrite|ftp_\\w+|getcwd|getenv|getmyuid|"
  .. "get_defined_vars|gz(?:file|inflate|open|uncompress)|hex2bin|html_?entit(?:ies|y_decode)|include_once|"
  .. "ini_(?:get|set)|is_(?:dir|file)|json_decode|mb_ereg_replace|mkdir|move_uploaded_file|ob_start|opendir|"
  .. "parse_ini_file|passthru|pcntl_exec|pfsockopen|php(?:info|_uname|version)|popen|posix_\\w+|preg_(?:match|"
  .. "replace(?:_callback)?)|proc_open|print_r|putenv|readdir|readfile|readgzfile|readlink|require_once|rmdir|"
  .. "scandir|set_error_handler|shell_exec|show_source|simplexml_load_\\w+|socket_\\w+|spl_autoload\\w*|"
  .. "str_(?:replace|rot13|repeat)|strrev|str_split|stream_\\w+|strip_tags|substr|symlink|system|tempnam|tmpfile|"
  .. "unlink|unpack|(?:un)?serialize|u[ak]?sort|urldecode|var_dump|xml_parse\\w*"
local words = "copy|define|extract|file|include|link|rename|require|touch"
-- A blank or a comment up to the end of its line, with which filters are evaded.
local gap = [==[\s?(?:(?://|#)[^\n]*\n)?]==]

local patterns = {
  [==[(?:^|[^\w$>:-])(?:(?:{functions}){gap}|(?:{words})[\r\n]*)\(.|\bassert\(\s?["'$@a-z]]==],
  [==[\$_?(?:_\W*)?(?:get|post|request|server|cookie|files|session|env)\s?\[|\$_\w{0,6}\s?\w*\['|\$globals]==],
  [==[<\?(?:php|=|\s)|php://|\bhttp_raw_post_data\b|allow_url_include|auto_prepend_file|disable_functions|suhosin|open_basedir]==],
  [==[\$+(?:[a-z_]\w*|\s?\{[^}]+\})(?:\s|//[^\n]*\n|\[[^\]]+\]|\{[^}]+\}|->\w+)*\(\s?(?:[\d'"$)]|$)]==],
  [==[\$_*(?:\[[^\]]+\]|\{[^}]+\})+\s?\(]==],
  [==[(?:\(\s?[a-z_.()'" ]+\)|\]|\}|['"])(?:\s?(?:\[\s?\d+\s?\]|\{\s?\d+\s?\}))*\(\s?['"@]?[a-z_]+\s?['"]?\s?\)\s?(?:;|\.|$)]==],
  [==[(?:\(\s?[a-z_]+\s?\)|\]\s?\)?|\}|") \(\s?['"@]?[a-z_]+\s?['"]\s?\)\s?;]==],
}
local parts = { functions = functions, words = words, gap = gap }
for i, pattern in ipairs(patterns) do patterns[i] = pattern:gsub("{(%a+)}", parts) end

-- What every attack by the target of a request has in it somewhere. The same in all rules that share it, so that it is looked
-- for once; the patterns are tried on what has it.
local suspicious = [==[matches(request_target, [=[[ \n'"<>()\[\]{};|`$\\:]|/\*|=!|bin/|unionselect|=[^&]*=|class\.module|java\.lang|__proto__|ro0ab|aced0005|child_process|process\.\w|_url_include|auto_prepend|disable_functions|suhosin|open_basedir|=(?:https?|ftps?|file)\?]=])]==]

return rule {
  api = 1, id = "security.web-php-injection", title = "PHP code injection", severity = "medium", type = "web_attack", status = "stable",
  tags = { "attack.execution", "attack.t1059", "attack.t1190" }, date = "2026-11-21",
  description = "Calls of PHP functions, variable functions, superglobals, open tags and settings that switch protection off.",
  falsepositives = { "a search for PHP code on a site about PHP" },
  where = "src_ip ~= nil and (" .. suspicious .. " and (" .. any("request_target", patterns) .. "))",
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 1, within = "10m", window = "from_first" }, suppress_for = "30m",
  summary = "{src_ip} sends PHP code: {request_target}",
  actions = {
    "Check what the server answered: a 2xx to an attack is urgent, a 4xx is noise",
    "Block the address when it goes on",
  },
}
