-- The share of requests that end in a server error, from the counters that a service exposes.
local p = params {
  share = 0.05,         -- of the requests
  min_requests = 50,    -- requests within five minutes, below which a share says nothing
  min_errors = 10,      -- server errors within five minutes
}

-- How much the counter of a series has grown since its last sample; nil for the first one. One that starts anew counts from 0.
local function grown(s, e, value)
  -- Any label may be what tells two series of an instance apart. `pairs` goes by their names.
  local parts = { tostring(e.instance), tostring(e.code) }
  for label, text in pairs(e.labels or {}) do
    parts[#parts + 1] = label
    parts[#parts + 1] = tostring(text)
  end
  local name = table.concat(parts, "\0")
  s.last = s.last or {}
  local before = s.last[name]
  if before and e.time <= before.at then return end
  s.last[name] = { at = e.time, value = value }
  if not before or e.time - before.at > 300e9 then return end
  return value >= before.value and value - before.value or value
end

return rule {
  api = 1, id = "errors.metric-error-ratio", title = "Many requests end in a server error, by its metrics", severity = "high",
  type = "error_spike", status = "test", tags = { "sre.errors", "sre.metrics" }, date = "2026-11-22",
  description = "The share of answers with 5xx in what counters of requests have grown by within five minutes, per service and job. "
    .. "It reads http_requests_total, http_server_requests_total, http_server_requests_seconds_count and "
    .. "http_server_request_duration_seconds_count, by the label code, status or status_code.",
  falsepositives = { "a health check that is meant to answer 503 while an instance starts" },
  where = [[scrape ~= nil and (http_requests_total ~= nil or http_server_requests_total ~= nil
    or http_server_requests_seconds_count ~= nil or http_server_request_duration_seconds_count ~= nil)]],
  by = { "service", "job" }, max_keys = 1000, memory = "4MiB",
  state = { requests = window.sum("5m"), errors = window.sum("5m"), sample = ring(2) },
  on = function(e, s)
    local value = tonumber(e.http_requests_total or e.http_server_requests_total or e.http_server_requests_seconds_count
      or e.http_server_request_duration_seconds_count)
    local more = value and grown(s, e, value)
    if not more then return end
    s.requests:add(more)
    local code = tostring(e.code or e["labels.status"] or e["labels.status_code"] or "")
    if code:find("^5..$") then
      s.errors:add(more)
      if more > 0 then s.sample:push(e) end
    end
  end,
  every = "30s", keep_firing = "2m",
  check = function(s, t)
    for name, sample in pairs(s.last or {}) do
      if t - sample.at >= 300e9 then s.last[name] = nil end
    end
    if s.errors:count() == 0 then return end
    local errors, requests = s.errors:sum(), s.requests:sum()
    if errors >= p.min_errors and requests >= p.min_requests and errors >= p.share * requests then
      return alert {
        value = 100 * errors / requests, count = math.floor(errors + 0.5), evidence = s.sample,
        summary = "{service}: {value:.0f}% of the requests end in a server error, by its metrics",
      }
    end
  end,
  actions = {
    "Look at the errors of the same service in its own log at that time",
    "Check whether all instances or one of them answers that way",
    "Roll back when it began with a deployment",
  },
}
