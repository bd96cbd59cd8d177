-- A cache entry that is older than what it was made of is thrown away; the next reader fills it anew.

-- Both names become parts of the path: each must be one word.
local function is_name(name) return type(name) == "string" and name:find("^%w[%w_.-]*$") ~= nil and #name <= 128 end

return fix {
  api = 1, id = "clear-stale-cache", title = "Throw a stale cache entry away", status = "test",
  description = "Removes one entry of one cache, never a whole cache: what all readers would have to fill at once can bring "
    .. "down what the cache protects.",
  tags = { "sre.cache" }, date = "2026-11-21",
  handles_type = { "cache_stale" }, params = { cache = "string", entry = "string" }, targets = { "cache" },
  cooldown = "5m",

  when = function(alert) return is_name(alert.key.cache) and is_name(alert.key.entry) end,

  plan = function(ctx, p)
    assert(is_name(p.cache) and is_name(p.entry), "the cache or the entry has no plain name")
    local entry = "https://cache.internal/v1/caches/" .. p.cache .. "/entries/" .. p.entry
    return {
      http.request {
        target = "cache", method = "DELETE", url = entry,
        secret_headers = { authorization = { prefix = "Bearer ", secret = "cache-token@1" } },
        -- What isn't there any more is what was wanted.
        expect = { 200, 204, 404 },
        observe = { url = entry, applied = { 404 }, not_applied = { 200 } },
        irreversible = "the next reader fills the entry anew",
      },
    }
  end,
}
