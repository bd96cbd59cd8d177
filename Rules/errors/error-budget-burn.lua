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
  -- Both pairs of windows are parts of one, in steps of a minute.
  state = {
    total = window.count { "6h", buckets = 360, where = [[true]] },
    bad = window.count { "6h", buckets = 360, where = [[status >= 500 and status < 600]] },
    sample = ring { 3, where = [[status >= 500 and status < 600]] },
  },
  every = "1m", keep_firing = "5m",
  check = function(s)
    -- The burn rate within a window when it is high there and in the short window that shows that it goes on.
    local function burn(within, short, least)
      local total, bad = s.total:count(within), s.bad:count(within)
      if total < p.min_requests or bad < p.min_errors then return end
      local rate = bad / total / budget
      if rate < least or share(s.bad:count(short), s.total:count(short)) / budget < least then return end
      return rate, bad
    end
    local rate, bad = burn("1h", "5m", p.fast_burn)
    if rate then
      return alert {
        value = rate, expected = 1, count = bad, evidence = s.sample,
        summary = "{service}: the error budget burns {value:.0f} times too fast, {count} server errors in an hour",
      }
    end
    rate, bad = burn("6h", "30m", p.slow_burn)
    if rate then
      return alert {
        value = rate, expected = 1, count = bad, evidence = s.sample, severity = "high",
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
