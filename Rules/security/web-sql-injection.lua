-- SQL and NoSQL in the target of a request.
-- One condition over all patterns; they share one scan of the text with those of all other rules.
local function any(field, patterns)
  local tests = {}
  for i, pattern in ipairs(patterns) do tests[i] = ("matches(%s, [==[%s]==])"):format(field, pattern) end
  return table.concat(tests, " or ")
end

local patterns = {
  [==[\bunion\s?(?:all\s?|distinct\s?)?\(?\s?select\b|unionselect]==],
  [==[\bselect\b[^&]*[*,(@'"\d/][^&]*\bfrom\b|\bselect\s\w+\sfrom\s\w+\s?(?:where|limit|order|--|;|#|$)]==],
  [==[\bselect\s?\(?\s?(?:if\(|pg_sleep|sleep|benchmark|version|user|database|@@|concat|group_concat|count\(|\*|null|load_file|char\(|ascii|case\b|cast\()]==],
  [==[[=(,\s;]\s?(?:sleep|benchmark|pg_sleep(?:_for|_until)?|dbms_pipe\.receive_message|dbms_lock\.sleep|randomblob)\s?\(\s?['"\d(-]|sysdate\(\)|waitfor\sdelay|sleep\s?\(\s?(?:/\*|mod|\d)]==],
  [==[;\s?(?:insert\sinto|drop\s?(?:table|database|view|index|user|function)|truncate\b|replace\s[^&]*values|create\s|alter\s|delete\sfrom|update\s[^&]+\sset\b|shutdown\b|exec(?:ute)?\s|declare\s|print['"]|select\b|merge\sinto|grant\s|if\s?\()]==],
  [==[\bcreate\s(?:function|procedure|trigger|user|or\sreplace)\b[^&]*(?:\(|returns|identified)|\bexecute\simmediate\b|\bprocedure\sanalyse]==],
  [==[['"`]\s?\)*\s?(?:\|\||&&|\b(?:or|and|xor|not|having|div|glob|like|regexp|rlike|between)\b)\s?['"(\w@-][^&]*(?:[=<>!~;@]|\blike\b|\bglob\b|\bin\b|\bis\b|--|-$)]==],
  [==[[=\s/](?:or|xor|and)\s(?:['"][^'&]*['"]?\s?(?:[=<>!@?|&#:-]|$)|\d+\s?[=<>!])]==],
  [==[(?:^|[=&?])x?or\s\d+\s?(?:[=<>!-]|$)]==],
  [==[[=,\s(]1\s?=\s?1(?:\D|$)|[=,\s(](?:0=0|2=2|3=3|4=4|5=5|6=6|7=7|8=8|9=9)(?:\D|$)|\d+\s?<=>\s?\d+|['"]\w?['"]\s?=\s?['"]]==],
  [==[=[^&]*['"`]\s?;|=[^&]*['"]\s?(?:--|#)|=\d+'\s'|['"]\)?\s?--\s?-?$|/\*!\d*|;\s?--]==],
  [==[['")\]]\s?::\s?(?:int|integer|jsonb?|text|varchar|numeric|regclass|bool)\b]==],
  [==[['"]\s?(?:@>|<@|->>?|#>>?|#-|\?\||\?&|\?|@@|@\?|@|<|>|\|\||-)\s?(?:['"{\[]|array\[|\d+\s?=)|\bjson_(?:extract|build_object|value|query|table|each)\s?\(|\bjsonb_\w+\s?\(]==],
  [==[\b(?:information_schema|pg_catalog|sys\.(?:tables|objects|databases|user)|sysobjects|syscolumns|sqlite_master|mysql\.user|all_tables|xp_cmdshell|xp_regread|sp_executesql|sp_oacreate|utl_http|utl_inaddr|dbms_\w+\.|load_file\s?\(|into\s(?:out|dump)file|extractvalue\s?\(|updatexml\s?\(|group_concat\s?\(|xmltype\s?\(|current_user\b|session_user\b|@@(?:version|hostname|datadir)|unistr\s?\(|starts_with\s?\(|unhex\s?\(|string_to_array)]==],
  [==[\b(?:in|except|intersect|minus|exists|any|all)\s?\(?\s?(?:select\b[\s.*(]|values\s?\()]==],
  [==[\blike\s(?:null|['"]|%)|\bregexp\s['"]|\bglob\s\w+\s?;|\border\sby\s\d+\s?(?:--|#|$)|\bhaving\s\d+\s?=|\bnull\s?,\s?null\b]==],
  [==[\[\s?\$(?:ne|eq|gte?|lte?|n?in|regex|where|exists|or|and|nor|not|all|size|type|mod|elemmatch)\s?\]|[{,]\s?"?\$(?:ne|gt|lt|regex|where|or)"?\s?:]==],
}

-- What every attack by the target of a request has in it somewhere. The same in all rules that share it, so that it is looked
-- for once; the patterns are tried on what has it.
local suspicious = [==[matches(request_target, [=[[ \n'"<>()\[\]{};|`$\\:]|/\*|=!|bin/|unionselect|=[^&]*=|class\.module|java\.lang|__proto__|ro0ab|aced0005|child_process|process\.\w|_url_include|auto_prepend|disable_functions|suhosin|open_basedir|=(?:https?|ftps?|file)\?]=])]==]

return rule {
  api = 1, id = "security.web-sql-injection", title = "SQL injection", severity = "medium", type = "web_attack", status = "stable",
  tags = { "attack.initial_access", "attack.t1190" }, date = "2026-11-21",
  description = "Statements, functions, operators and the ends of quotes that change a query, for the usual databases and for MongoDB, in the "
    .. "target of a request after its escapes are undone.",
  falsepositives = { "a search in plain language that happens to read like SQL", "an application that takes queries as parameters" },
  where = "src_ip ~= nil and (" .. suspicious .. " and (" .. any("request_target", patterns) .. "))",
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 1, within = "10m", window = "from_first" }, suppress_for = "30m",
  summary = "{src_ip} sends SQL: {request_target}",
  actions = {
    "Check what the server answered: a 2xx to an attack is urgent, a 4xx is noise",
    "Block the address when it goes on",
  },
}
