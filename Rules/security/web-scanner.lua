-- One address asks for many paths that are not there, or that it may not have.
local p = params {
  min_paths = 10,       -- different paths within two minutes
}

return rule {
  api = 1, id = "security.web-scanner", title = "Web scanner", severity = "medium", type = "scan", status = "stable",
  tags = { "attack.reconnaissance", "attack.t1595.002", "attack.t1595.003" }, date = "2026-11-21",
  description = "Different paths of one address that are answered with 400, 403, 404 or 405 within two minutes. Missing images, "
    .. "styles, scripts and fonts of pages don't count.",
  falsepositives = { "a link checker", "a crawler after a move of the site", "many people behind one address and a broken page" },
  where = [[one_of(status, 400, 403, 404, 405, 444) and src_ip ~= nil and not matches(route,
    [=[(?i)\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|eot|mp[34]|webm|ogg|pdf|txt|xml|rss)$]=])]],
  by = { "src_ip" }, max_keys = 50000,
  state = { paths = window.distinct { "2m", cap = 128 }, misses = window.count("2m"), sample = ring(5) },
  on = function(e, s)
    s.misses:add(e)
    s.sample:push(e)
    -- A request that is no HTTP has no path; then the request itself tells it from others.
    s.paths:add(e.uri or e.route or e.request or "")
    local paths = s.paths:count()
    if paths > p.min_paths then
      return alert {
        value = paths, count = s.misses:count(), evidence = s.sample,
        summary = "{src_ip} asked for {value} different paths within two minutes that are not there",
      }
    end
  end,
  suppress_for = "30m",
  actions = {
    "Look whether any of its requests was answered with 200",
    "Block the address when nobody knows it",
  },
}
