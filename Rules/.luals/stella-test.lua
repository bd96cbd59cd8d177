---@meta
-- Made from the sources of Stella, for editors: the names of tests of rules, API level 1.
-- To make it anew: stella rules stubs

--- What `t:expect` compares with.
---@class Stella.Expectation
---@field fires integer? exactly how many alerts fired
---@field at_least integer? at least how many fired
---@field at_most integer? at most how many fired
---@field resolved integer? how many of those are resolved
---@field pending integer? how many wait for their `hold`
---@field rule string? id of the rule
---@field severity string? severity of the alert
---@field type string? type of the alert
---@field title string? title of the alert
---@field summary string? a part of the summary
---@field value number|string|{ at_least: number?, at_most: number? }? the value measured, exactly or within bounds
---@field expected number|string|{ at_least: number?, at_most: number? }? the usual value, exactly or within bounds
---@field count number|string|{ at_least: number?, at_most: number? }? matching events
---@field evidence number|string|{ at_least: number?, at_most: number? }? how many events it shows
---@field where table<string, any>? values of the key by name
---@field labels table<string, any>? labels by name
---@field affected_users string[]? users that are among the affected

--- What is about to be fed.
---@class Stella.TestFeed
local TestFeed = {}

--- How many events.
---@param count integer 1 to 1,000,000
---@return Stella.TestFeed
function TestFeed:times(count) end

--- How far they are apart; without it, all at the same time.
---@param duration string such as "5s"
---@return Stella.TestFeed
function TestFeed:every(duration) end


--- The case that is running.
---@class Stella.Test
local Test = {}

--- Puts these rules under test instead, in this case. Before the first event.
---@param ids string|string[] ids of rules
---@return Stella.Test
function Test:use(ids) end

--- Sets parameters as stella.yaml would. Before the first event.
---@param values table parameters by name; with several rules, after the id of one
---@return Stella.Test
function Test:params(values) end

--- One event now; `:times(n)` repeats it, `:every("5s")` apart. It goes through the JSON decoder.
---@param event table|fun(i: integer): table the fields of an event, or what makes the i-th
---@return Stella.TestFeed
function Test:feed(event) end

--- Sets the clock for what is fed next.
---@param time string "+5m" from now, "5m" from the start, or a time in RFC 3339
---@return Stella.Test
function Test:at(time) end

--- Decodes and runs real log lines.
---@param what string|table a file beside the test, or { file = … } or { text = …, format = …, year = … }
---@return Stella.Test
function Test:replay(what) end

--- Lets time pass without events: checks run, alerts resolve.
---@param duration string such as "10m"
---@return Stella.Test
function Test:advance(duration) end

--- Compares the alerts of the case so far. Fails at this line with what fired instead.
---@param what Stella.Expectation the keys below; without a number of alerts, at least one
---@return Stella.Test
function Test:expect(what) end

--- The same with `fires = 0`.
---@param what? Stella.Expectation which alerts are meant; default all
---@return Stella.Test
function Test:expect_quiet(what) end


rules = {}

--- Declares a case. Each has a rule, a state and a clock of its own; the clock stands at 2026-01-01T00:00:00Z.
---@param name string a sentence that says what is promised
---@param body fun(t: Stella.Test) feeds events and says what it expects
function test(name, body) end

--- Puts another rule under test than the one whose file the test is named after. For all cases of the file.
---@param id string id of a rule beside the test
function rules.load(id) end
