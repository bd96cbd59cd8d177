-- A source whose search index lags behind is indexed again. That reads the source and builds the index anew, nothing else.

-- The name becomes a part of the path: it must be one word.
local function is_name(source) return type(source) == "string" and source:find("^%w[%w_-]*$") ~= nil and #source <= 64 end

return fix {
  api = 1, id = "reindex-source", title = "Index a source again whose search index is stale", status = "test",
  description = "Asks the search service to index one source anew. Asking twice does no harm; on a source that is being loaded "
    .. "right now it doesn't help.",
  tags = { "sre.search" }, date = "2026-11-21",
  handles_type = { "index_stale" }, params = { source = "string" }, targets = { "search" },
  cooldown = "15m",

  when = function(alert) return is_name(alert.key.source) end,

  plan = function(ctx, p)
    assert(is_name(p.source), "the source has no plain name")
    return {
      http.request {
        target = "search", method = "POST", url = "https://search.internal/v1/sources/" .. p.source .. "/reindex",
        secret_headers = { authorization = { prefix = "Bearer ", secret = "search-token@1" } },
        idempotency_header = "idempotency-key", expect = { 200, 202, 204 },
        irreversible = "an index that was built anew stays so",
      },
    }
  end,
}
