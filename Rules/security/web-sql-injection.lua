-- SQL and NoSQL in the target of a request.
-- One condition over all patterns; they share one scan of the text with those of all other rules.
local function any(field, patterns)
  local tests = {}
  for i, pattern in ipairs(patterns) do tests[i] = ("matches(%s, [==[%s]==])"):format(field, pattern) end
  return table.concat(tests, " or ")
end

-- Blanks and comments, with which filters are evaded.
local w = [==[(?:\s|/\*.*?\*/)]==]

local patterns = {
  [==[(?is)\bunion{w}*(?:all{w}*|distinct{w}*)?\(?{w}*select\b|unionselect]==],
  [==[(?is)\bselect\b[^&]*[*,(@'"\d/][^&]*\bfrom\b|\bselect{w}+\w+{w}+from{w}+\w+{w}*(?:where|limit|order|--|;|#|$)]==],
  [==[(?is)\bselect{w}*\(?{w}*(?:if\(|pg_sleep|sleep|benchmark|version|user|database|@@|concat|group_concat|count\(|\*|null|load_file|char\(|ascii|case\b|cast\()]==],
  [==[(?is)[=(,\s;]\s*(?:sleep|benchmark|pg_sleep(?:_for|_until)?|dbms_pipe\.receive_message|dbms_lock\.sleep|randomblob){w}*\({w}*['"\d(-]|sysdate\(\)|waitfor\s+delay|sleep\s*\(\s*(?:/\*|mod|\d)]==],
  [==[(?is);{w}*(?:insert{w}+into|drop{w}*(?:table|database|view|index|user|function)|truncate\b|replace{w}[^&]*values|create{w}+|alter{w}+|delete{w}+from|update{w}+[^&]+{w}set\b|shutdown\b|exec(?:ute)?{w}|declare{w}|print['"]|select\b|merge{w}+into|grant{w}|if{w}*\()]==],
  [==[(?is)\bcreate\s+(?:function|procedure|trigger|user|or\s+replace)\b[^&]*(?:\(|returns|identified)|\bexecute\s+immediate\b|\bprocedure\s+analyse]==],
  [==[(?is)['"`]{w}*\)*{w}*(?:\|\||&&|\b(?:or|and|xor|not|having|div|glob|like|regexp|rlike|between)\b){w}*['"(\w@-][^&]*(?:[=<>!~;@]|\blike\b|\bglob\b|\bin\b|\bis\b|--|-$)]==],
  [==[(?is)[=\s/](?:or|xor|and){w}+(?:['"][^'&]*['"]?{w}*(?:[=<>!@?|&#:-]|$)|\d+{w}*[=<>!])]==],
  [==[(?is)(?:^|[=&?])x?or{w}+\d+{w}*(?:[=<>!-]|$)]==],
  [==[(?is)[=,\s(]1{w}*=\s*1(?:\D|$)|[=,\s(](?:0=0|2=2|3=3|4=4|5=5|6=6|7=7|8=8|9=9)(?:\D|$)|\d+\s*<=>\s*\d+|['"]\w?['"]{w}*=\s*['"]]==],
  [==[(?is)=[^&]*['"`]\s*;|=[^&]*['"]\s*(?:--|#)|=\d+'\s+'|['"]\)?\s*--\s?-?$|/\*!\d*|;\s*--]==],
  [==[(?is)['")\]]\s*::\s*(?:int|integer|jsonb?|text|varchar|numeric|regclass|bool)\b]==],
  [==[(?is)['"]\s*(?:@>|<@|->>?|#>>?|#-|\?\||\?&|\?|@@|@\?|@|<|>|\|\||-)\s*(?:/\*.*?\*/\s*)?(?:['"{\[]|array\[|\d+\s*=)|\bjson_(?:extract|build_object|value|query|table|each)\s*(?:/\*.*?\*/)?\s*\(|\bjsonb_\w+\s*\(]==],
  [==[(?is)\b(?:information_schema|pg_catalog|sys\.(?:tables|objects|databases|user)|sysobjects|syscolumns|sqlite_master|mysql\.user|all_tables|xp_cmdshell|xp_regread|sp_executesql|sp_oacreate|utl_http|utl_inaddr|dbms_\w+\.|load_file\s*\(|into\s+(?:out|dump)file|extractvalue\s*\(|updatexml\s*\(|group_concat\s*\(|xmltype\s*\(|current_user\b|session_user\b|@@(?:version|hostname|datadir)|unistr\s*\(|starts_with\s*\(|unhex\s*\(|string_to_array)]==],
  [==[(?is)\b(?:in|except|intersect|minus|exists|any|all){w}*\(?{w}*(?:select\b[\s.*(]|values\s*\()]==],
  [==[(?is)\blike\s+(?:null|['"]|%)|\bregexp\s+['"]|\bglob\s+\w+\s*;|\border\s+by\s+\d+\s*(?:--|#|$)|\bhaving\s+\d+\s*=|\bnull\s*,\s*null\b]==],
  [==[(?i)\[\s*\$(?:ne|eq|gte?|lte?|n?in|regex|where|exists|or|and|nor|not|all|size|type|mod|elemMatch)\s*\]|[{,]\s*"?\$(?:ne|gt|lt|regex|where|or)"?\s*:]==],
}
for i, pattern in ipairs(patterns) do patterns[i] = pattern:gsub("{w}", (w:gsub("%%", "%%%%"))) end

return rule {
  api = 1, id = "security.web-sql-injection", title = "SQL injection", severity = "medium", type = "web_attack", status = "stable",
  tags = { "attack.initial_access", "attack.t1190" }, date = "2026-11-21",
  description = "Statements, functions, operators and the ends of quotes that change a query, for the usual databases and for MongoDB, in the "
    .. "target of a request after its escapes are undone.",
  falsepositives = { "a search in plain language that happens to read like SQL", "an application that takes queries as parameters" },
  where = any("request_target", patterns),
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = 1, within = "10m", window = "from_first" }, suppress_for = "30m",
  summary = "{src_ip} sends SQL: {request_target}",
  actions = {
    "Check what the server answered: a 2xx to an attack is urgent, a 4xx is noise",
    "Block the address when it goes on",
  },
}
