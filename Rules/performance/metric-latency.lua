-- The 95th percentile of a service's answers, from the buckets of the histogram that it exposes.
local p = params {
  limit_ms = 1000.0,    -- of the 95th percentile
  quantile = 0.95,
  min_requests = 50,    -- requests within five minutes
}

-- The value below which a share of the requests lies: within a bucket by the share of it, as Prometheus has it.
local function quantile(buckets, share)
  local total = buckets[#buckets].count
  local wanted, below, bound = share * total, 0, 0
  for _, bucket in ipairs(buckets) do
    if bucket.count >= wanted then
      if bucket.le == math.huge then return bound end
      if bucket.count == below then return bucket.le end
      return bound + (bucket.le - bound) * (wanted - below) / (bucket.count - below)
    end
    below, bound = bucket.count, bucket.le
  end
  return bound
end

return rule {
  api = 1, id = "performance.metric-latency", title = "Requests are slow, by its metrics", severity = "medium",
  type = "performance_degradation", status = "test", tags = { "sre.latency", "sre.metrics" }, date = "2026-11-22",
  description = "The 95th percentile of the last five minutes from the buckets of a histogram in seconds, per service and "
    .. "instance: http_request_duration_seconds, http_server_request_duration_seconds or http_server_requests_seconds. It is as "
    .. "exact as the buckets are narrow; of what lies beyond the last one nothing is known but that.",
  falsepositives = { "long polling, uploads and exports, when they are counted in the same histogram" },
  where = [[scrape ~= nil and le ~= nil and (http_request_duration_seconds_bucket ~= nil
    or http_server_request_duration_seconds_bucket ~= nil or http_server_requests_seconds_bucket ~= nil)]],
  by = { "service", "instance" }, max_keys = 500, memory = "4MiB",
  state = { sample = ring(1) },
  on = function(e, s)
    local value = tonumber(e.http_request_duration_seconds_bucket or e.http_server_request_duration_seconds_bucket
      or e.http_server_requests_seconds_bucket)
    local le = e.le == "+Inf" and math.huge or tonumber(e.le)
    if not value or not le then return end
    local name = tostring(e.method) .. "\0" .. tostring(e["labels.method"]) .. "\0" .. tostring(e.handler) .. "\0"
      .. tostring(e["labels.route"]) .. "\0" .. tostring(e["labels.path"]) .. "\0" .. tostring(e.code) .. "\0"
      .. tostring(e["labels.status"])
    s.series = s.series or {}
    local series = s.series[name]
    if not series then
      series = {}
      s.series[name] = series
    end
    local bucket = series[le]
    if not bucket or e.time - bucket.now_at > 300e9 or value < bucket.now then
      -- The first sample, one after a gap, or one of a process that has started anew.
      series[le] = { now = value, now_at = e.time, base = value, base_at = e.time, middle = value, middle_at = e.time }
      return
    end
    -- What it is compared with is between two and a half and five minutes old.
    if e.time - bucket.middle_at >= 150e9 then
      bucket.base, bucket.base_at = bucket.middle, bucket.middle_at
      bucket.middle, bucket.middle_at = bucket.now, bucket.now_at
    end
    bucket.now, bucket.now_at = value, e.time
    s.sample:push(e)
  end,
  every = "30s", hold = "2m", keep_firing = "2m",
  check = function(s, t)
    local counts = {}
    for name, series in pairs(s.series or {}) do
      local isOld = true
      for le, bucket in pairs(series) do
        if t - bucket.now_at < 300e9 then
          isOld = false
          counts[le] = (counts[le] or 0) + bucket.now - bucket.base
        end
      end
      if isOld then s.series[name] = nil end
    end
    local buckets = {}
    for le, count in pairs(counts) do buckets[#buckets + 1] = { le = le, count = count } end
    table.sort(buckets, function(a, b) return a.le < b.le end)
    if #buckets < 2 or buckets[#buckets].count < p.min_requests then return end
    local slow = 1000 * quantile(buckets, p.quantile)
    if slow > p.limit_ms then
      return alert {
        value = slow, count = math.floor(buckets[#buckets].count + 0.5), limit_ms = p.limit_ms, evidence = s.sample,
        summary = "{service} {instance}: the 95th percentile is {value:.0f} ms, over {limit_ms:.0f} ms",
      }
    end
  end,
  actions = {
    "See which routes are slow in the same histogram or in the access log",
    "Check what the service waits for: its database, its dependencies, its CPU",
  },
}
