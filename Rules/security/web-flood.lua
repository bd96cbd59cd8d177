-- One address asks for far more than people do: floods, greedy crawlers, cache busting.
local p = params {
  max_requests = 40,    -- different targets within twenty seconds
}

return rule {
  api = 1, id = "security.web-flood", title = "One address floods the site", severity = "low", type = "flood", status = "stable",
  tags = { "attack.impact", "attack.t1498", "attack.t1499" }, date = "2026-11-21",
  description = "Different targets of one address within twenty seconds, without the parts of pages. Repeating one request is "
    .. "no flood: monitors and clients do so.",
  falsepositives = { "a crawler of a search engine", "a proxy that many people are behind", "a single-page application" },
  where = [[src_ip ~= nil and uri ~= nil and method ~= nil and not matches(route,
    [=[(?i)\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|eot|mp[34]|webm|ogg)$]=])]],
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = p.max_requests + 1, within = "20s", distinct = "uri" },
  summary = "{src_ip} asked for {value} different targets within twenty seconds",
  suppress_for = "10m",
  actions = { "Limit the rate per address", "Block it when it is no crawler that you want" },
}
