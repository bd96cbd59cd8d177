-- What visitors of a page have to wait for, by Core Web Vitals of their own browsers.
local p = params {
  lcp_ms = 4000.0,      -- Largest Contentful Paint: until the main thing is seen
  inp_ms = 500.0,       -- Interaction to Next Paint: until a click shows
  cls = 0.25,           -- Cumulative Layout Shift: how much the page jumps
  fcp_ms = 3000.0,      -- First Contentful Paint: until anything is seen
  ttfb_ms = 1800.0,     -- Time to First Byte
  min_views = 30,       -- views within an hour
}

return rule {
  api = 1, id = "performance.web-vitals-poor", title = "A page is poor for its visitors", severity = "medium",
  type = "performance_degradation", status = "test", tags = { "ux.vitals" }, date = "2026-11-22",
  description = "The 75th percentile of a vital within an hour is over the limit from which on it counts as poor, per site and page. "
    .. "The measurements come from browsers, where anybody can make them up: it is a hint.",
  references = { "https://web.dev/articles/vitals" },
  falsepositives = { "a page that is mostly seen from afar or on slow devices: raise the limits" },
  where = [[browser == "navigation"]], by = { "service", "page" }, max_keys = 5000,
  state = {
    views = window.count("1h"), lcp = window.quantile("1h"), inp = window.quantile("1h"), cls = window.quantile("1h"),
    fcp = window.quantile("1h"), ttfb = window.quantile("1h"), sample = ring(3),
  },
  on = function(e, s)
    s.views:add(e)
    if e.lcp_ms then s.lcp:add(e.lcp_ms) end
    if e.inp_ms then s.inp:add(e.inp_ms) end
    if e.cls then s.cls:add(e.cls) end
    if e.fcp_ms then s.fcp:add(e.fcp_ms) end
    if e.ttfb_ms then s.ttfb:add(e.ttfb_ms) end
    if (e.lcp_ms or 0) > p.lcp_ms or (e.inp_ms or 0) > p.inp_ms or (e.cls or 0) > p.cls then s.sample:push(e) end
  end,
  every = "5m", keep_firing = "15m",
  check = function(s)
    if s.views:count() < p.min_views then return end
    local worst
    local function look(name, values, limit, unit)
      if values:count() < p.min_views / 2 then return end
      local value = values:q(0.75)
      if value and value > limit and (not worst or value / limit > worst.value / worst.limit) then
        worst = { name = name, value = value, limit = limit, unit = unit }
      end
    end
    look("LCP", s.lcp, p.lcp_ms, " ms")
    look("INP", s.inp, p.inp_ms, " ms")
    look("CLS", s.cls, p.cls, "")
    look("FCP", s.fcp, p.fcp_ms, " ms")
    look("TTFB", s.ttfb, p.ttfb_ms, " ms")
    if worst then
      return alert {
        value = worst.value, expected = worst.limit, vital = worst.name, unit = worst.unit, views = s.views:count(), evidence = s.sample,
        summary = "{service}{page}: the 75th percentile of {vital} is {value:.2f}{unit} over {views} views, poor from {expected:.2f}{unit} on",
      }
    end
  end,
  actions = {
    "Measure the page in a browser's own tools, on a slow device and network",
    "Compare with the last deployment: new scripts, larger pictures, a slower server",
  },
}
