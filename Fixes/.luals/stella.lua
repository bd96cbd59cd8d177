---@meta
-- Made from the sources of Stella, for editors: the names of fixes, API level 1.
-- To make it anew: stella rules stubs

--- `fix { … }`.
---@class Stella.Fix
---@field api integer The level of the script API that the fix is written for.
---@field id string Unique and stable, such as `requeue-stuck-jobs`. Its history belongs to it.
---@field title string What the fix does, in a few words.
---@field status? "stable"|"test"|"experimental"|"deprecated"|"unsupported" How far the fix is to be trusted. Default: `experimental`.
---@field description? string What it changes, why that helps and when it doesn't, in sentences.
---@field tags? string[] Dotted tags such as `sre.queue`.
---@field author? string Who wrote it.
---@field date? string When it was written, `YYYY-MM-DD`.
---@field modified? string When it was last changed, `YYYY-MM-DD`.
---@field references? string[] Where to read more.
---@field owner? string Who looks after the fix.
---@field handles? string[] Ids of rules whose alerts it may repair.
---@field handles_type? string[] Types of alerts that it may repair, such as `error_spike`.
---@field params? table<string, "string"|"integer"|"number"|"boolean"> What it needs to know, by name: `"string"`, `"integer"`, `"number"` or `"boolean"`. Each takes the value of that name in the alert's key, else in its labels; without one there is no plan.
---@field targets? string[] Targets of the configuration that it asks or changes; it can't reach any other.
---@field approval? "policy"|"always" `always` asks people even where the policy would not. A fix can only be stricter. Default: `policy`.
---@field max_rows? integer The most rows that one plan may change, where the policy allows more.
---@field cooldown? string The least time between two runs on one target, where the policy asks for less.
---@field when? fun(alert: Stella.FixAlert): boolean? `function(alert)`: whether the fix can help with this alert. Without it: with every one.
---@field plan fun(ctx: Stella.FixContext, p: table<string, any>): Stella.FixPlan `function(ctx, p)`: returns the list of effects, empty when nothing has to change. It may ask its targets and changes nothing. `notes = { … }` in the list are lines for the one who decides.
---@field verify? fun(ctx: Stella.FixContext, p: table<string, any>): boolean `function(ctx, p)`, after all effects: whether the trouble is gone. Read-only like `plan`.

--- What `when` gets.
---@class Stella.FixAlert
---@field rule string the rule's id
---@field type string the kind of trouble
---@field severity string as the rule or the finding has it
---@field title string the rule's title
---@field summary string one line for people
---@field key table<string, any> the values of `by`, by name; one that the events lack is `null`
---@field labels table<string, any> the labels, by name
---@field count integer matching events of the episode
---@field value any what was measured, if anything
---@field expected any what is usual, if known
---@field affected_users string[] who is affected
---@field source string where the deciding event came from

--- A change that the engine makes after approval. It can't be read or changed.
---@class Stella.Effect

--- What `plan` returns: effects in order, and lines for the one who decides.
---@class Stella.FixPlan
---@field [integer] Stella.Effect
---@field notes? string[] at most 20 lines of 500 bytes

--- A secret of the configuration, as `name@version`, behind a text.
---@class Stella.SecretUse
---@field prefix string such as `"Bearer "`
---@field secret string such as `"billing-token@3"`

---@alias Stella.ColumnValue string|number|boolean|Stella.Null|table

--- `sql.update { … }`.
---@class Stella.SQLUpdate
---@field target string The target that it changes, one of the fix's `targets`.
---@field table string The table, with its schema if need be.
---@field where table<string, Stella.ColumnValue> The columns that a row must hold, all of them; `null` for NULL. It is never empty: every row is never meant.
---@field set table<string, Stella.ColumnValue> The columns and their new values; `null` for NULL.
---@field max_rows? integer The most rows it may change; with more there is no plan.

--- `sql.insert { … }`.
---@class Stella.SQLInsert
---@field target string The target that it changes, one of the fix's `targets`.
---@field table string The table, with its schema if need be.
---@field rows table<string, Stella.ColumnValue>[] The rows, all with the same columns; `null` for NULL.
---@field returning? string[] Columns that the database fills in. Later effects write `{ ["$result"] = "e1.id" }` for the `id` of the first effect of the plan.

--- `sql.delete { … }`.
---@class Stella.SQLDelete
---@field target string The target that it changes, one of the fix's `targets`.
---@field table string The table, with its schema if need be.
---@field where table<string, Stella.ColumnValue> The columns that a row must hold, all of them; `null` for NULL. It is never empty: every row is never meant.
---@field max_rows? integer The most rows it may change; with more there is no plan.

--- `http.request { … }`.
---@class Stella.HTTPRequest
---@field target string The target that it changes, one of the fix's `targets`.
---@field method "DELETE"|"GET"|"PATCH"|"POST"|"PUT" The method, one that the target allows.
---@field url string The whole address, under those that the target allows.
---@field headers? table<string, string> Texts by name.
---@field secret_headers? table<string, string|Stella.SecretUse> Headers that hold a secret. Its value is filled in when it is sent.
---@field body? any A text is sent as it is, a table as JSON. An empty table is an empty object.
---@field body_secrets? table<string, string|Stella.SecretUse> Members that the body gets beside its own, each holding a secret.
---@field idempotency_header? string The header by which the target knows a request again. The engine makes its value.
---@field expect? integer[] Statuses that mean done; without it 200 to 299, but 202, which only promises.
---@field observe? Stella.RequestObservation How to find out later whether it has happened.
---@field undo? Stella.Effect A request or a command that takes it back, made with its constructor.
---@field irreversible? string Why it can't be taken back, for the one who approves; instead of `undo`.

--- `exec { … }`.
---@class Stella.Exec
---@field target string The target that it changes, one of the fix's `targets`.
---@field argv string[] The program and its arguments, as the target's list allows them.
---@field environment? table<string, string|Stella.SecretUse> Secrets by the name of the variable that holds them.
---@field expect? integer[] Exit statuses that mean done; without it 0.
---@field observe? Stella.CommandObservation How to find out later whether it has happened.
---@field undo? Stella.Effect A request or a command that takes it back, made with its constructor.
---@field irreversible? string Why it can't be taken back, for the one who approves; instead of `undo`.

--- `event.emit { … }`.
---@class Stella.EventEmit
---@field message string What it says.
---@field level? "trace"|"debug"|"info"|"notice"|"warning"|"error"|"critical" How serious it is. Default: `info`.
---@field service? string The service it is about.
---@field fields? table<string, any> Further fields by name.

--- `observe = { … }`.
---@class Stella.RequestObservation
---@field url string What to GET, with the headers of the request; the outcome is the status.
---@field applied integer[] Outcomes that mean that it has happened.
---@field not_applied? integer[] Outcomes that mean that it has not. With any other a person finds out.

--- `observe = { … }`.
---@class Stella.CommandObservation
---@field argv string[] A program that only looks; the outcome is its exit status.
---@field applied integer[] Outcomes that mean that it has happened.
---@field not_applied? integer[] Outcomes that mean that it has not. With any other a person finds out.

--- A target that answers questions.
---@class Stella.Database
local Database = {}

--- The one value of the one row; nil without a row, `null` for NULL. More of either is an error.
---@param sql string one statement that reads, with `?` for each value: select, with or values
---@param ... string|number|boolean|Stella.Null the values in order, up to seven; nil is an error, `null` is NULL
---@return any
function Database:value(sql, ...) end

--- The one row, by column; nil without a row. More rows are an error.
---@param sql string one statement that reads, with `?` for each value: select, with or values
---@param ... string|number|boolean|Stella.Null the values in order, up to seven; nil is an error, `null` is NULL
---@return table<string, any>?
function Database:row(sql, ...) end

--- All rows in the order of the statement. Too many are an error, never cut.
---@param sql string one statement that reads, with `?` for each value: select, with or values
---@param ... string|number|boolean|Stella.Null the values in order, up to seven; nil is an error, `null` is NULL
---@return table<string, any>[]
function Database:rows(sql, ...) end

--- What `plan` and `verify` may ask.
---@class Stella.FixContext
---@field db fun(target: string): Stella.Database A database to ask; called with a dot, `ctx.db("app-db")`.

--- The type of `null`.
---@class Stella.Null

sql = {}
http = {}
event = {}


--- Declares the fix of a file; the file returns it.
---@param fix Stella.Fix the keys below
---@return Stella.Fix
function fix(fix) end

--- Changes columns of rows.
---@param effect Stella.SQLUpdate the keys below, written in place
---@return Stella.Effect
function sql.update(effect) end

--- Adds rows.
---@param effect Stella.SQLInsert the keys below, written in place
---@return Stella.Effect
function sql.insert(effect) end

--- Removes rows.
---@param effect Stella.SQLDelete the keys below, written in place
---@return Stella.Effect
function sql.delete(effect) end

--- Sends a request that changes something.
---@param effect Stella.HTTPRequest the keys below, written in place
---@return Stella.Effect
function http.request(effect) end

--- Runs a program, without a shell.
---@param effect Stella.Exec the keys below, written in place
---@return Stella.Effect
function exec(effect) end

--- Gives Stella an event, which rules see like any other.
---@param effect Stella.EventEmit the keys below, written in place
---@return Stella.Effect
function event.emit(effect) end


-- Lua's library, as far as the sandbox offers it. `.luarc.json` switches off the rest.
math = {}
---@class stringlib
string = {}
table = {}

--- The JSON null: a field that is there and empty. A field that is not there is nil. `type(null)` is "null".
---@type Stella.Null
null = nil

--- Positive infinity.
---@type number
math.huge = nil

--- The greatest integer, 2^63 - 1.
---@type integer
math.maxinteger = nil

--- The least integer, -2^63.
---@type integer
math.mininteger = nil

--- π.
---@type number
math.pi = nil

--- Raises `message` when `v` is false or nil, else returns its arguments.
---@param v any any value
---@param message? any the error
---@return any
function assert(v, message) end

--- Raises an error with the place in front of the message.
---@param message any the error
---@param level? integer 1: here, 2: at the caller
function error(message, level) end

--- Visits 1, 2, … up to the first nil.
---@param list any[] a table used as a list
---@return function, any[], integer
function ipairs(list) end

--- The next key and its value, in the order of `pairs`.
---@param t table a table
---@param key? any nil to begin
---@return any, any
function next(t, key) end

--- Visits all keys in a fixed order: 1…n, other integers, other numbers, texts by bytes, false, true.
---@param t table a table; an event is refused
---@return function, table, any
function pairs(t) end

--- Calls `f`; true and its results, or false and the error. A call that is over its budget ends all the same.
---@param f function what to call
---@param ... any its arguments
---@return boolean, any
function pcall(f, ...) end

--- The arguments from the n-th on, or their number with "#".
---@param n integer|"#" from which argument on
---@param ... any arguments
---@return any
function select(n, ...) end

--- The number that `v` is or spells; nil when it is none.
---@param v any any value
---@param base? integer 2 to 36, for texts
---@return number?
function tonumber(v, base) end

--- The value as text; tables and functions show no address.
---@param v any any value
---@return string
function tostring(v) end

--- "nil", "null", "boolean", "number", "string", "table", "function" or "userdata".
---@param v any any value
---@return string
function type(v) end

--- The value without its sign.
---@param x number a number
---@return number
function math.abs(x) end

--- Arc cosine, radians.
---@param x number a number
---@return number
function math.acos(x) end

--- Arc sine, radians.
---@param x number a number
---@return number
function math.asin(x) end

--- Arc tangent of y / x in the right quadrant, radians.
---@param y number a number
---@param x? number default 1
---@return number
function math.atan(y, x) end

--- The least integer not below x.
---@param x number a number
---@return integer
function math.ceil(x) end

--- Cosine of radians.
---@param x number a number
---@return number
function math.cos(x) end

--- e to the power of x.
---@param x number a number
---@return number
function math.exp(x) end

--- The greatest integer not above x.
---@param x number a number
---@return integer
function math.floor(x) end

--- The rest of x / y, with the sign of x.
---@param x number a number
---@param y number not 0 for integers
---@return number
function math.fmod(x, y) end

--- The logarithm of x.
---@param x number a number
---@param base? number default e
---@return number
function math.log(x, base) end

--- The greatest of them.
---@param x number a number
---@param ... number more
---@return number
function math.max(x, ...) end

--- The least of them.
---@param x number a number
---@param ... number more
---@return number
function math.min(x, ...) end

--- The whole part and the fraction.
---@param x number a number
---@return number, number
function math.modf(x) end

--- Sine of radians.
---@param x number a number
---@return number
function math.sin(x) end

--- The square root.
---@param x number a number
---@return number
function math.sqrt(x) end

--- Tangent of radians.
---@param x number a number
---@return number
function math.tan(x) end

--- The value as an integer, nil when it has a fraction.
---@param v any any value
---@return integer?
function math.tointeger(v) end

--- "integer" or "float"; nil for what is no number.
---@param v any any value
---@return string?
function math.type(v) end

--- Whether a < b as unsigned integers.
---@param a integer an integer
---@param b integer an integer
---@return boolean
function math.ult(a, b) end

--- The bytes from i to j as numbers.
---@param s string a text, as bytes
---@param i? integer first position, from 1; negative counts from the end
---@param j? integer last position, included; negative counts from the end
---@return integer
function string.byte(s, i, j) end

--- A text of these bytes.
---@param ... integer 0 to 255
---@return string
function string.char(...) end

--- Whether `part` is in it. Not in stock Lua.
---@param s string a text, as bytes
---@param part string plain text
---@return boolean
function string.contains(s, part) end

--- Whether it ends with `suffix`. Not in stock Lua.
---@param s string a text, as bytes
---@param suffix string plain text
---@return boolean
function string.endswith(s, suffix) end

--- First and last position of the first match and its captures, or nil.
---@param s string a text, as bytes
---@param pattern string a Lua pattern
---@param init? integer where to begin
---@param plain? boolean no pattern
---@return integer?, integer?
function string.find(s, pattern, init, plain) end

--- Fills in %d %i %o %x %X %c %e %E %f %g %G %a %A %s and %%. There is no %q and no %p.
---@param format string as in C
---@param ... any values
---@return string
function string.format(format, ...) end

--- Visits all matches, each with its captures.
---@param s string a text, as bytes
---@param pattern string a Lua pattern
---@return function
function string.gmatch(s, pattern) end

--- The text with its matches replaced, and how many there were.
---@param s string a text, as bytes
---@param pattern string a Lua pattern
---@param replacement string|table|function %1 is the first capture
---@param n? integer the most replacements
---@return string, integer
function string.gsub(s, pattern, replacement, n) end

--- The length in bytes.
---@param s string a text, as bytes
---@return integer
function string.len(s) end

--- With A–Z as a–z; other letters stay.
---@param s string a text, as bytes
---@return string
function string.lower(s) end

--- The captures of the first match, or all of it, or nil.
---@param s string a text, as bytes
---@param pattern string a Lua pattern
---@param init? integer where to begin
---@return string?
function string.match(s, pattern, init) end

--- The text n times.
---@param s string a text, as bytes
---@param n integer how often
---@param separator? string what stands between
---@return string
function string.rep(s, n, separator) end

--- The bytes backwards.
---@param s string a text, as bytes
---@return string
function string.reverse(s) end

--- Whether it starts with `prefix`. Not in stock Lua.
---@param s string a text, as bytes
---@param prefix string plain text
---@return boolean
function string.startswith(s, prefix) end

--- The bytes from i to j.
---@param s string a text, as bytes
---@param i? integer first position, from 1; negative counts from the end
---@param j? integer last position, included; negative counts from the end
---@return string
function string.sub(s, i, j) end

--- With a–z as A–Z; other letters stay.
---@param s string a text, as bytes
---@return string
function string.upper(s) end

--- The texts and numbers of the list as one text.
---@param list any[] a table used as a list
---@param separator? string what stands between
---@param i? integer first position, from 1; negative counts from the end
---@param j? integer last position, included; negative counts from the end
---@return string
function table.concat(list, separator, i, j) end

--- Puts a value into the list.
---@param list any[] a table used as a list
---@param ... any a value for the end, or a position and a value
function table.insert(list, ...) end

--- A list of them with their number `n`.
---@param ... any values
---@return table
function table.pack(...) end

--- Takes a value out of the list.
---@param list any[] a table used as a list
---@param position? integer default: the last
---@return any
function table.remove(list, position) end

--- Puts the list in order. Not stable; texts by bytes.
---@param list any[] a table used as a list
---@param before? function whether a stands before b; default a < b
function table.sort(list, before) end

--- The values of the list from i to j.
---@param list any[] a table used as a list
---@param i? integer first position, from 1; negative counts from the end
---@param j? integer last position, included; negative counts from the end
---@return any
function table.unpack(list, i, j) end
