---@meta
-- Made from the sources of Stella, for editors: the names of rules, API level 1.
-- To make it anew: stella rules stubs

--- One log record, read-only. A missing field is nil, a JSON null is `null`.
---@class Stella.Event
---@field time integer when it happened, nanoseconds since the epoch
---@field level string? how serious the log says it is
---@field message string? the text of the event
---@field service string? what wrote it: service, application or program
---@field host string? the machine that wrote it
---@field user_id string? stable identity of the user
---@field user string? name of the user
---@field account string? whom a login or a request is about: identity, else name, else mail address
---@field src_ip string? address that the request came from
---@field port number? port that the request came from
---@field dst_ip string? address that it went to
---@field dst_port number? port that it went to
---@field route string? path of the request, without the query
---@field request_target string? target of the request for patterns: escapes undone, lower case, comments and runs of blanks folded into one
---@field method string? method of the request
---@field status number? status code of the response
---@field duration_ms number? how long it took, milliseconds
---@field error_type string? class or kind of the error
---@field error_message string? text of the error
---@field trace_id string? distributed trace
---@field span_id string? span of the trace
---@field request_id string? one request
---@field session_id string? one session
---@field user_agent string? client software
---@field referer string? page that led here
---@field query string? query of the request
---@field protocol string? protocol of the request
---@field bytes number? size of the response, bytes
---@field event string? name of what happened
---@field outcome string? `ok` or `fail`, or as the log says it
---@field environment string? deployment environment
---@field tenant_id string? tenant or organisation
---@field logger string? logger or module
---@field thread string? thread
---@field pid number? process
---@field container string? container
---@field pod string? pod
---@field namespace string? namespace of the pod
---@field version string? version of what wrote it
---@field region string? region
---@field [string] any any field under its own name, such as `e["cart.items"]`

--- The state of one key: what `state` declares, and plain values of your own.
---@class Stella.State
---@field [string] any

--- A match of a threshold.
---@class Stella.Match
---@field count integer matching events of the key within `within`
---@field first_seen integer time of the first of them, nanoseconds since the epoch
---@field last_seen integer time of the last, nanoseconds since the epoch
---@field key table<string, any> the values of `by`, by name
---@field last Stella.Event the event that decided it

--- What a match of a sequence has of one step.
---@class Stella.MatchedStep
---@field count integer events of the step in the match: its `times`; 0 for an absent step
---@field seen integer how many there were, at least `count`: all since the last match without a gap over the sequence's `within`
---@field first Stella.Event? the first of them that is kept
---@field last Stella.Event? the last of them that is kept
---@field events Stella.Event[] the first and the newest, at most `cap_events`; all keys share 1 MiB, the newest stay

--- A match of a sequence.
---@class Stella.SequenceMatch
---@field count integer events of all steps of the match
---@field started integer time of the first of them, nanoseconds since the epoch
---@field ended integer time of the last, or when the time of an absent last step was over, nanoseconds
---@field key table<string, any> the values of `by`, by name
---@field last Stella.Event? the event that decided it, else the last that is kept
---@field [string] Stella.MatchedStep each step under its name

--- A key that stays away.
---@class Stella.Gap
---@field key table<string, any> the values of `by`, by name
---@field last_seen integer? when the key came last, nanoseconds since the epoch; nil when never
---@field due integer when it should have come, without the grace, nanoseconds
---@field overdue_s integer seconds since then
---@field silent_s integer seconds since it came last or the stream began
---@field declared boolean whether it is in the roster

--- What `alert { … }` takes and callbacks return.
---@class Stella.Alert
---@field summary string? one line for people instead of the rule's
---@field value number|string? what was measured
---@field expected number|string? what is usual
---@field count integer? matching events so far
---@field severity string? instead of the rule's
---@field evidence Stella.Ring|Stella.Event? the events that show it
---@field affected_users string[]|string? who is affected
---@field actions string[]|string? instead of the rule's
---@field suggest string[]|string? instead of the rule's; ids of fixes
---@field [string] string|number|boolean labels of your own

---@alias Stella.Finding Stella.Alert|Stella.Alert[]|nil

--- `threshold = { … }`.
---@class Stella.Threshold
---@field count integer How many events.
---@field within string In how long a time.
---@field window? "sliding"|"from_first" `sliding` fires when the last `count` events lie within `within`, exactly, at 8 × `count` bytes a key; `from_first` counts from a key's first event and fires once per window, at 16 bytes a key. Default: `sliding`.
---@field distinct? string Count distinct values of this field instead of events (sliding, exact).

--- A step of `sequence = { … }`.
---@class Stella.SequenceStep
---@field name string What `on_match` calls it: `m.<name>`.
---@field match string A condition on events of the key; other events are passed over.
---@field times? integer How many events it takes; the newest count. Default: `1`.
---@field absent? boolean The step must not happen. Between two steps: it breaks a run that waits for the later one. As last step: the rule fires when its time is over without it. In any order: it breaks every run, and the rule fires when `within` is over. Default: `false`.
---@field within? string A time for this step alone: from the end of the step before it, or for the first step and in any order from its own first event. For an absent last step how long to wait; without it, what is left of the sequence's `within`.
---@field cap_events? integer How many of its events are kept as evidence and for `m`. Default: `3`.

--- `sequence = { … }`.
---@class Stella.Sequence
---@field within string From the first event of a match to its last.
---@field ordered? boolean Whether each step comes after the one before it. With false they come in any order, and an event counts for every step that it matches. Default: `true`.
---@field [integer] Stella.SequenceStep the steps in order

--- `absence = { … }`.
---@class Stella.Absence
---@field every string How often a key must come.
---@field grace? string How much later than that it may come. Default: `0s`.
---@field roster? string|any[] Keys that are expected from the beginning of the stream, even if they never came: values of the `by` field, or tables by name when `by` has several; as a text with commas when `params` gives it. They are never forgotten or evicted. A rule without `by` expects its one key from the beginning.
---@field forget_after? string How long a key that is in no roster is missed. Default: `14d`.
---@field learn? string How long a key that is in no roster must have come without a gap before it is expected; with `"0s"` once is enough. Default: `0s`.

--- `rule { … }`.
---@class Stella.Rule
---@field api integer The level of the script API that the rule is written for.
---@field id string Unique and stable, such as `errors.spike`. State and alerts belong to it.
---@field title string What the rule finds, in a few words.
---@field severity "informational"|"low"|"medium"|"high"|"critical" How serious an alert of it is.
---@field type? string The kind of trouble, such as `error_spike`. Default: `custom`.
---@field status? "stable"|"test"|"experimental"|"deprecated"|"unsupported" How far the rule is to be trusted. Default: `experimental`.
---@field description? string What the rule looks for and why, in sentences.
---@field tags? string[] Dotted tags such as `attack.t1110`.
---@field author? string Who wrote it.
---@field date? string When it was written, `YYYY-MM-DD`.
---@field modified? string When it was last changed, `YYYY-MM-DD`.
---@field references? string[] Where to read more.
---@field falsepositives? string[] Harmless causes of the same alert.
---@field owner? string Who looks after the rule.
---@field labels? table<string, string> Fixed texts by name that every alert carries.
---@field where string Which events the rule sees; `"true"` for all of them. A `sequence` can do without: given, it must hold for the events of every step as well.
---@field by? string[] The fields that make the key; state, hold and suppression are per key.
---@field max_keys? integer The most keys kept; over it the stalest go. Default: `100000`.
---@field state_memory? string The most native state kept; over it the stalest keys go. Default: `64MiB`.
---@field memory? string The Lua heap of the rule, from "64KiB" to "4MiB". Default: `256KiB`.
---@field threshold? Stella.Threshold Fires at `count` events of a key within `within`; needs no Lua.
---@field sequence? Stella.Sequence Fires when steps follow one another within a time for one key; needs no Lua.
---@field absence? Stella.Absence Fires when a key stays away that should come every so often; needs no Lua.
---@field state? table<string, Stella.Window|string|number|boolean> What is kept per key: windows, rings and first values by name.
---@field on? fun(e: Stella.Event, s: Stella.State): Stella.Finding `function(e, s)`, for each matching event.
---@field every? string How often `check` runs, in event time. For a key without events it stops after a day, or 200 times `every` where that is longer, as soon as its windows are empty and no alert of it waits for its `hold` or its end; it goes on with the key's next event.
---@field check? fun(s: Stella.State, t: integer): Stella.Finding `function(s, t)`, for each key every `every`; `t` is the event time in nanoseconds since the epoch. A key that no event comes for is not checked for ever (see `every`): what it keeps stays, and an alert that the last check did not end fires on. For what has to be told of keys that stay away there is `absence`.
---@field on_match? (fun(m: Stella.Match): Stella.Finding)|(fun(m: Stella.SequenceMatch): Stella.Finding) `function(m)`, for each match of `threshold` or `sequence`: returns the alert, or nothing to drop the match.
---@field on_absent? fun(gap: Stella.Gap): Stella.Finding `function(gap)`, when a key of `absence` stays away: returns the alert, or nothing to let it pass.
---@field migrate? fun(old: table): table? `function(old)`, once per key when `state` is not what it was at the last start or before a reload: gets the plain values of `s` and returns the new ones. Windows whose declaration is the same are kept; without `migrate` the rule starts anew.
---@field hold? string How long the condition must last before the alert fires. A match of `sequence` waits that long by itself, for what may cancel it. Default: `0s`.
---@field keep_firing? string How long the alert stays after the condition ended. Default: `0s`.
---@field suppress_for? string What follows a finding of the same key within this time joins its alert. Without the key: `within` of a threshold or sequence, else `5m` with `on`, else `0s`.
---@field resolve_when? string|fun(s: Stella.State, t: integer): boolean? Ends the alert: a condition on events of the same key, or `function(s, t)` asked at every check.
---@field cancel_on? string A condition on any event of the same key, whatever `where` says: what was counted, begun, held or pending for the key is dropped, and under `absence` the key is not expected any more. An alert that fires stays. An event that the rule looks for as well counts afterwards.
---@field summary? string One line for people; `{name}` and `{name:.1f}` are filled in.
---@field evidence? integer How many events a threshold keeps per key as evidence. Default: `1`.
---@field affected? string The field whose values are listed as affected users. Without the key: `user_id` or `user` when it is in `by`.
---@field runbook? string Where it says what to do.
---@field actions? string[] What a person can do, best first.
---@field suggest? string[] Ids of fixes that may help, best first.

--- The type of `null`.
---@class Stella.Null

--- Native state that a rule declares under `state`.
---@class Stella.Window

window = {}

---@class Stella.WindowCountOptions
---@field [1] string the length of the window, such as "5m"
---@field offset? string how far back the window ends, such as "5m"; default "0s"
---@field buckets? integer in how many steps the window slides, 2 to 720; default 10
---@field where? string a condition: the window takes the events of the rule that meet it by itself, faster than `on` can give them

--- O(1) to add, O(buckets) to read. Slides in `buckets` steps: what is read covers the window less at most one step. 4 bytes a key and 2 to 4 a bucket.
---@class Stella.WindowCount: Stella.Window
local WindowCount = {}

--- Counts the current event.
---@param e? Stella.Event the event; the time is the event's whether given or not
function WindowCount:add(e) end

--- Events in the window.
---@param within? string the newest part of the window, such as "5m", in whole steps and the running one among them; default all of it
---@return integer
function WindowCount:count(within) end

--- Per second over the part of the window that the stream has covered so far; 0 before any.
---@return number
function WindowCount:per_second() end

--- Per minute over the part of the window that the stream has covered so far; 0 before any.
---@return number
function WindowCount:per_minute() end


--- Counts events.
---@param within string|Stella.WindowCountOptions the length of the window, such as "5m"
---@return Stella.WindowCount
function window.count(within) end

---@class Stella.WindowSumOptions
---@field [1] string the length of the window, such as "5m"
---@field offset? string how far back the window ends, such as "5m"; default "0s"
---@field buckets? integer in how many steps the window slides, 2 to 720; default 10

--- O(1) to add, O(buckets) to read. Slides in `buckets` steps: what is read covers the window less at most one step. 12 bytes a bucket and key.
---@class Stella.WindowSum: Stella.Window
local WindowSum = {}

--- Adds a value at the time of the current event.
---@param value? number nil and values that are not numbers are passed over
function WindowSum:add(value) end

--- Sum of the values in the window; 0.0 when empty.
---@return number
function WindowSum:sum() end

--- Values in the window.
---@return integer
function WindowSum:count() end

--- Per second over the part of the window that the stream has covered so far; 0 before any.
---@return number
function WindowSum:per_second() end

--- Per minute over the part of the window that the stream has covered so far; 0 before any.
---@return number
function WindowSum:per_minute() end


--- Adds up values.
---@param within string|Stella.WindowSumOptions the length of the window, such as "5m"
---@return Stella.WindowSum
function window.sum(within) end

---@class Stella.WindowMeanOptions
---@field [1] string the length of the window, such as "5m"
---@field offset? string how far back the window ends, such as "5m"; default "0s"
---@field buckets? integer in how many steps the window slides, 2 to 720; default 10

--- O(1) to add, O(buckets) to read. Slides in `buckets` steps: what is read covers the window less at most one step. 12 bytes a bucket and key.
---@class Stella.WindowMean: Stella.Window
local WindowMean = {}

--- Adds a value at the time of the current event.
---@param value? number nil and values that are not numbers are passed over
function WindowMean:add(value) end

--- Mean of the values in the window; nil when empty.
---@return number?
function WindowMean:mean() end

--- Values in the window.
---@return integer
function WindowMean:count() end


--- Averages values.
---@param within string|Stella.WindowMeanOptions the length of the window, such as "5m"
---@return Stella.WindowMean
function window.mean(within) end

---@class Stella.WindowMinOptions
---@field [1] string the length of the window, such as "5m"
---@field offset? string how far back the window ends, such as "5m"; default "0s"
---@field buckets? integer in how many steps the window slides, 2 to 720; default 10

--- O(1) to add, O(buckets) to read. Slides in `buckets` steps: what is read covers the window less at most one step. 12 bytes a bucket and key.
---@class Stella.WindowMin: Stella.Window
local WindowMin = {}

--- Adds a value at the time of the current event.
---@param value? number nil and values that are not numbers are passed over
function WindowMin:add(value) end

--- Least value in the window; nil when empty.
---@return number?
function WindowMin:min() end

--- Values in the window.
---@return integer
function WindowMin:count() end


--- Keeps the least value.
---@param within string|Stella.WindowMinOptions the length of the window, such as "5m"
---@return Stella.WindowMin
function window.min(within) end

---@class Stella.WindowMaxOptions
---@field [1] string the length of the window, such as "5m"
---@field offset? string how far back the window ends, such as "5m"; default "0s"
---@field buckets? integer in how many steps the window slides, 2 to 720; default 10

--- O(1) to add, O(buckets) to read. Slides in `buckets` steps: what is read covers the window less at most one step. 12 bytes a bucket and key.
---@class Stella.WindowMax: Stella.Window
local WindowMax = {}

--- Adds a value at the time of the current event.
---@param value? number nil and values that are not numbers are passed over
function WindowMax:add(value) end

--- Greatest value in the window; nil when empty.
---@return number?
function WindowMax:max() end

--- Values in the window.
---@return integer
function WindowMax:count() end


--- Keeps the greatest value.
---@param within string|Stella.WindowMaxOptions the length of the window, such as "5m"
---@return Stella.WindowMax
function window.max(within) end

---@class Stella.WindowRateOptions
---@field [1] string the length of the window, such as "5m"
---@field offset? string how far back the window ends, such as "5m"; default "0s"
---@field buckets? integer in how many steps the window slides, 2 to 720; default 10
---@field where? string a condition: the window takes the events of the rule that meet it by itself, faster than `on` can give them

--- O(1) to add, O(buckets) to read. Slides in `buckets` steps: what is read covers the window less at most one step. 4 bytes a key and 2 to 4 a bucket.
---@class Stella.WindowRate: Stella.Window
local WindowRate = {}

--- Counts the current event.
---@param e? Stella.Event the event; the time is the event's whether given or not
function WindowRate:add(e) end

--- Per second over the part of the window that the stream has covered so far; 0 before any.
---@return number
function WindowRate:per_second() end

--- Per minute over the part of the window that the stream has covered so far; 0 before any.
---@return number
function WindowRate:per_minute() end

--- Events in the window.
---@param within? string the newest part of the window, such as "5m", in whole steps and the running one among them; default all of it
---@return integer
function WindowRate:count(within) end


--- Measures how often events come.
---@param within string|Stella.WindowRateOptions the length of the window, such as "5m"
---@return Stella.WindowRate
function window.rate(within) end

---@class Stella.WindowQuantileOptions
---@field [1] string the length of the window, such as "5m"
---@field offset? string how far back the window ends; default "0s"
---@field buckets? integer in how many steps the window slides, 2 to 60; default 6

--- O(1) to add, O(cells) to read. DDSketch (Masson, Rim, Lee 2019) with relative error 1%: 40 bytes a step, and 4 to 8 bytes a cell, about 115 cells per tenfold range, step and key.
---@class Stella.WindowQuantile: Stella.Window
local WindowQuantile = {}

--- Adds a value at the time of the current event.
---@param value? number nil and values that are not numbers are passed over
function WindowQuantile:add(value) end

--- The p-quantile of the values in the window, at most 1% away from a value of that rank; nil when empty.
---@param p number 0 to 1, such as 0.95
---@return number?
function WindowQuantile:q(p) end

--- Values in the window.
---@return integer
function WindowQuantile:count() end


--- Estimates quantiles of values.
---@param within string|Stella.WindowQuantileOptions the length of the window, such as "5m"
---@return Stella.WindowQuantile
function window.quantile(within) end

---@class Stella.WindowDistinctOptions
---@field [1] string the length of the window, such as "5m"
---@field cap? integer how many values are kept exactly, 1 to 65536; default 256

--- O(1) amortised to add. Exact up to `cap` values a key (40 to 80 bytes and the text each). Over it HyperLogLog (Flajolet et al. 2007) with 1,024 registers in each of 6 steps: standard error 3.3%, 6 KiB a key.
---@class Stella.WindowDistinct: Stella.Window
local WindowDistinct = {}

--- Notes a value at the current event's time.
---@param value any nil is passed over
function WindowDistinct:add(value) end

--- How many different values lie in the window.
---@return integer
function WindowDistinct:count() end

--- Up to 100 of the values in the window as texts, oldest first; those kept exactly.
---@return string[]
function WindowDistinct:values() end


--- Counts different values.
---@param within string|Stella.WindowDistinctOptions the length of the window, such as "5m"
---@return Stella.WindowDistinct
function window.distinct(within) end

---@class Stella.RingOptions
---@field [1] integer 1 to 100
---@field every? string an item that comes sooner after the newest is passed over, such as "1m"; default "0s"
---@field where? string a condition: the window takes the events of the rule that meet it by itself, faster than `on` can give them

--- O(1). The bytes of the items, each cut at 16 KiB.
---@class Stella.Ring: Stella.Window
local Ring = {}

--- Keeps the item, unless `every` passes it over.
---@param item Stella.Event|string|number|boolean what to keep
function Ring:push(item) end

--- How many are kept.
---@return integer
function Ring:count() end

--- The kept values, oldest first; events as their text.
---@return any[]
function Ring:items() end

--- Forgets them all.
function Ring:clear() end


--- Keeps the last events or values.
---@param size integer|Stella.RingOptions 1 to 100
---@return Stella.Ring
function ring(size) end

---@class Stella.SessionOptions
---@field [1]? string how long a pause ends a session, such as "30m"
---@field gap? string how long a pause ends a session
---@field max? string how long a session lasts at the most; default "24h"

--- O(1), 48 bytes a key. What ended is known for `max` after its end; two sessions are kept.
---@class Stella.Session: Stella.Window
local Session = {}

--- Counts the current event in its session. A late one joins the session that it lies in or next to, and may join two into one; one from before the previous session is left out.
---@param e? Stella.Event the event; the time is the event's whether given or not
function Session:add(e) end

--- Events of the latest session.
---@return integer
function Session:count() end

--- Seconds from its first event to its last.
---@return number
function Session:duration_s() end

--- Time of its first event, nanoseconds since the epoch.
---@return integer?
function Session:started() end

--- Whether it is over: `gap` has passed since its last event.
---@return boolean
function Session:ended() end

--- Events of the session before; 0 when there was none.
---@return integer
function Session:previous_count() end

--- Seconds that the session before lasted.
---@return number
function Session:previous_duration_s() end


--- Groups the events of a key into sessions, which end with a pause.
---@param gap string|Stella.SessionOptions how long a pause ends a session, such as "30m"
---@return Stella.Session
function session(gap) end

---@class Stella.FirstSeenOptions
---@field [1]? string how long a value is remembered after it was seen last
---@field within? string how long a value is remembered after it was seen last
---@field learn? string how long after a key's first value nothing is new, since everything would be; default "24h"
---@field cap? integer how many values a key has exactly; default 256

--- O(1) amortised. Exact up to `cap` values a key, 22 to 43 bytes each. Over it four Bloom filters (Bloom 1970) of 16 bits a value for each third of `within`: a value is remembered for `within` to 4/3 of it, and while no third has more than 8 × `cap` values, at most 0.3% of the new ones pass for known; known ones never pass for new. 64 × `cap` bytes a key then.
---@class Stella.FirstSeen: Stella.Window
local FirstSeen = {}

--- Remembers the value; true when it is new: not seen for `within`, and the key is past `learn`.
---@param value any nil is passed over and never new
---@return boolean
function FirstSeen:add(value) end

--- Whether `learn` has passed since the key's first value.
---@return boolean
function FirstSeen:ready() end


--- Tells values that are new for a key from those it had before.
---@param within string|Stella.FirstSeenOptions how long a value is remembered after it was seen last
---@return Stella.FirstSeen
function first_seen(within) end

---@class Stella.TopOptions
---@field [1]? integer how many values are counted, 2 to 100
---@field n? integer how many values are counted
---@field within? string the length of the window; default "1h"

--- O(n) to add. SpaceSaving (Metwally, Agrawal, El Abbadi 2005) in each of 4 steps of the window: a count is at most total / n too high, and each value of more than total / n is in the list. What is read covers the window less at most one step. 288 bytes a key for each of the n; texts are shown up to 46 bytes and told apart by a 64-bit hash.
---@class Stella.Top: Stella.Window
local Top = {}

--- Counts a value at the current event's time. Weights of 0 or less are passed over.
---@param value any nil is passed over
---@param weight? number what the value counts for, such as bytes; 1 when not given
function Top:add(value, weight) end

--- The most frequent values of the window, most first, as tables of `value`, `count` (at least the true one), `error` (by how much `count` may be too high) and `share` of all.
---@param most? integer how many; all when not given
---@return table[]
function Top:list(most) end

--- The weight of everything in the window.
---@return number
function Top:total() end


--- Finds the most frequent values.
---@param n integer|Stella.TopOptions how many values are counted, 2 to 100
---@return Stella.Top
function top(n) end

---@class Stella.BaselineOptions
---@field [1]? string the length of a bucket, such as "10m"
---@field bucket? string the length of a bucket; it divides the season
---@field season? "day"|"week"|"none" what repeats itself; default "day"
---@field keep? string how much is remembered; default "4w"
---@field min_history? string how long a key must be known before anything is usual; without it two seasons, or 30 buckets
---@field of? "count"|"mean" what a bucket holds: a sum, 0 in a gap, or a mean, missing in a gap; default "count"
---@field where? string the events of the rule that it counts by itself, faster than `on` can give them; not for a mean

--- O(1) amortised to add, O(seasons) to read, with season "none" O(keep / bucket). Medians stand up to half of the history being odd. Four bytes a bucket of `keep` and key, at most 20000 buckets: a week of 10 minutes takes 4 KiB. Seasons are counted in UTC.
---@class Stella.Baseline: Stella.Window
local Baseline = {}

--- Adds to the bucket of the current time: 1 or the number to a count, the number to a mean.
---@param value? Stella.Event|number a number; without one, or with the event, 1
function Baseline:add(value) end

--- What the latest full bucket holds; nil before any and for a mean of nothing.
---@return number?
function Baseline:value() end

--- The median of what the buckets at the same time of earlier seasons and their neighbours hold; nil before `min_history`.
---@return number?
function Baseline:usual() end

--- 1.4826 times their median absolute deviation, at least √usual for a count and 1% of usual for a mean; as large as the standard deviation where values are normal.
---@return number?
function Baseline:spread() end

--- How many spreads the value lies above what is usual; nil before `min_history`.
---@param value? number without it `value()`
---@return number?
function Baseline:z(value) end

--- Whether `min_history` has passed since the key's first value.
---@return boolean
function Baseline:ready() end


--- Knows what is usual at this time of the day or of the week.
---@param bucket string|Stella.BaselineOptions the length of a bucket, such as "10m"
---@return Stella.Baseline
function baseline(bucket) end

---@class Stella.ForecastOptions
---@field [1]? string how far back the trend looks, such as "6h"
---@field within? string how far back the trend looks
---@field limit? number the limit that is asked about, from either side
---@field min_history? string how much of it must be covered before there is a forecast; without it a quarter of `within`

--- O(1) amortised to add; reading takes the slopes of all pairs of up to 32 points. Theil–Sen slope with Sen's interval (Sen 1968), which up to 29% of wild values don't move. Points are the means of 32 steps of `within`. 648 bytes a key.
---@class Stella.Forecast: Stella.Window
local Forecast = {}

--- Adds a value at the time of the current event.
---@param value? number nil and values that are not numbers are passed over
function Forecast:add(value) end

--- Seconds until the trend crosses the limit; nil when it does not head there or little is known.
---@param limit? number without it the `limit` of the declaration
---@return number?
function Forecast:eta_s(limit) end

--- The lower end of the 95% interval of `eta_s`: the steepest slope that the values allow.
---@param limit? number without it the `limit` of the declaration
---@return number?
function Forecast:eta_low_s(limit) end

--- The upper end; nil when the values also allow that it is never crossed.
---@param limit? number without it the `limit` of the declaration
---@return number?
function Forecast:eta_high_s(limit) end

--- How much the value changes in an hour.
---@return number?
function Forecast:slope_per_hour() end

--- Where the trend stands now.
---@return number?
function Forecast:level() end


--- Follows the trend of a value to the limit that it will cross.
---@param within string|Stella.ForecastOptions how far back the trend looks, such as "6h"
---@return Stella.Forecast
function forecast(within) end

---@class Stella.TemplatesOptions
---@field [1]? string? how long nothing is new, such as "24h"
---@field learn? string how long after a key's first message nothing is new, since everything would be; default "24h"
---@field max? integer templates of a key; when there are more, the eighth that was unused longest is forgotten; default 1000
---@field field? string the field with the message, for `add(e)`; default "message"
---@field keep? string after such a silence a key is forgotten, and learns again; default "30d"

--- O(bytes) for a known kind of message; a new one costs some look-ups a word. Drain's family (He et al. 2017), one setting for all logs. Not every new template counts as new: one that differs from others in a single word that varies will be merged with them. Looks at 4,096 bytes and 128 words of a message. About 50 KiB a key to begin with, up to about 4 MiB a key with 1,000 templates of ever new messages.
---@class Stella.Templates: Stella.Window
local Templates = {}

--- Assigns the message to its template; true when it is the first of a new kind after `learn`.
---@param message? Stella.Event|string the event, or a text; what is no text is passed over
---@return boolean
function Templates:add(message) end

--- The template of the message added last, with `<*>` for what varies.
---@return string?
function Templates:template() end

--- Its id, 16 hexadecimal digits: the same in every replay of the stream, whatever varies later.
---@return string?
function Templates:id() end

--- Messages of that template so far, this one included.
---@return integer
function Templates:count() end

--- Templates of the key.
---@return integer
function Templates:size() end

--- Whether `learn` has passed since the key's first message.
---@return boolean
function Templates:ready() end


--- Finds the templates of messages and tells which kind of message is new for a key.
---@param learn string?|Stella.TemplatesOptions how long nothing is new, such as "24h"
---@return Stella.Templates
function templates(learn) end

---@class Stella.AnomalyOptions
---@field [1]? string? sums what is added per bucket, such as "1m"
---@field bucket? string sums what is added per bucket and scores the sums, gaps as 0; without it each value is a point
---@field keep? string after such a silence a key is forgotten, and begins anew; default "30d"

--- O(1) amortised per point. From 0.5 on a score is worth an alarm; a novelty that follows another within hours scores what it exceeds that one by. Times of day count once the series has followed them. Of a gap at most 1,024 buckets become points. 4 to 25 KiB a key.
---@class Stella.Anomaly: Stella.Window
local Anomaly = {}

--- Without a bucket takes the value in as a point and answers its score; nil for what is no number. With a bucket adds to the bucket of the current time and answers nil.
---@param value? Stella.Event|number a number; with a bucket also the event, which counts 1
---@return number?
function Anomaly:add(value) end

--- The score of the newest point; nil before any. A bucket becomes a point at the first `check` after its end that reads one of these, so write `every` = the bucket; without a check, when an event of the bucket after the next one comes. Where several closed at once, the highest score.
---@return number?
function Anomaly:value() end

--- The point that has this score: a value, or the sum of a bucket.
---@return number?
function Anomaly:point() end

--- Whether more than 128 points were seen; all before score 0.
---@return boolean
function Anomaly:ready() end


--- Scores how unusual the newest point of a series is, from 0 to 1.
---@param bucket string?|Stella.AnomalyOptions sums what is added per bucket, such as "1m"
---@return Stella.Anomaly
function anomaly(bucket) end


--- Declares the rule of a file; the file returns it.
---@param rule Stella.Rule the keys below
---@return Stella.Rule
function rule(rule) end

--- The finding that a callback returns. Keys of your own can be used in the summary and become labels.
---@param alert Stella.Alert what is special about this alert
---@return Stella.Alert
function alert(alert) end

--- The rule's thresholds: the defaults, with what `params:` in stella.yaml sets for this rule in their place. Called once, before `rule { … }`. A name that is not among the defaults, or of another type, refuses the rule.
---@param defaults table scalars by name
---@return table
function params(defaults) end


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
