-- A service spends its error budget many times faster than it may.
local p = params {
  objective = 99.9,     -- percent of the requests that must not end in a server error, over 30 days
  fast_burn = 14.4,     -- times the even rate, for an hour: 2% of the budget of 30 days
  slow_burn = 6.0,      -- for six hours: 5% of it
  min_requests = 300,   -- requests in the long window
  min_errors = 15,      -- server errors in the long window
}
local budget = 1 - p.objective / 100

local function share(errors, total) return total > 0 and errors / total or 0 end

return rule {
  api = 1, id = "errors.budget-burn", title = "The error budget is burning", severity = "critical",
  type = "error_budget_burn", status = "test", tags = { "sre.errors", "sre.slo" }, date = "2026-11-21",
  description = "Burn rate over two pairs of windows, per service: an hour and five minutes, and six hours and thirty minutes. "
    .. "The long window says that it matters, the short one that it still goes on, so that the alert ends half an hour after the trouble at the latest.",
  references = { "https://sre.google/workbook/alerting-on-slos/" },
  falsepositives = { "a service with another objective: set params" },
  where = [[status >= 100]], by = { "service" }, max_keys = 5000,
  state = {
    total_5m = window.count("5m"), total_30m = window.count("30m"),
    total_1h = window.count { "1h", buckets = 12 }, total_6h = window.count { "6h", buckets = 24 },
    bad_5m = window.count("5m"), bad_30m = window.count("30m"),
    bad_1h = window.count { "1h", buckets = 12 }, bad_6h = window.count { "6h", buckets = 24 },
    sample = ring(3),
  },
  on = function(e, s)
    s.total_5m:add(e)
    s.total_30m:add(e)
    s.total_1h:add(e)
    s.total_6h:add(e)
    if e.status >= 500 and e.status < 600 then
      s.bad_5m:add(e)
      s.bad_30m:add(e)
      s.bad_1h:add(e)
      s.bad_6h:add(e)
      s.sample:push(e)
    end
  end,
  every = "1m", keep_firing = "5m",
  check = function(s)
    local function burn(bad, total, least)
      if total:count() < p.min_requests or bad:count() < p.min_errors then return end
      local rate = share(bad:count(), total:count()) / budget
      return rate >= least and rate or nil
    end
    local fast = burn(s.bad_1h, s.total_1h, p.fast_burn)
    if fast and share(s.bad_5m:count(), s.total_5m:count()) / budget >= p.fast_burn then
      return alert {
        value = fast, expected = 1, count = s.bad_1h:count(), evidence = s.sample,
        summary = "{service}: the error budget burns {value:.0f} times too fast, {count} server errors in an hour",
      }
    end
    local slow = burn(s.bad_6h, s.total_6h, p.slow_burn)
    if slow and share(s.bad_30m:count(), s.total_30m:count()) / budget >= p.slow_burn then
      return alert {
        value = slow, expected = 1, count = s.bad_6h:count(), evidence = s.sample, severity = "high",
        summary = "{service}: the error budget burns {value:.0f} times too fast, {count} server errors in six hours",
      }
    end
  end,
  actions = {
    "Find the routes and the kinds of errors that make up the difference",
    "Roll back what was deployed or switched on before it began",
    "Stop risky changes to the service until the budget has recovered",
  },
}
