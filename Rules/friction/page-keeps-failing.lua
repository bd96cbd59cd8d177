-- For one visitor a page fails again and again.
local p = params {
  failures = 5,         -- in one view of a page
}

return rule {
  api = 1, id = "friction.page-keeps-failing", title = "A page keeps failing for a visitor", severity = "medium",
  type = "user_friction", status = "test", tags = { "ux.friction" }, date = "2026-11-22",
  description = "In one view of a page several actions or scripts fail within ten minutes, and nothing goes well in between. A view is "
    .. "all that is known of the visitor: no name, no cookie, no address.",
  falsepositives = { "an extension of the visitor's browser that breaks every page", "a page that is tested" },
  where = [[browser == "user-action" and ok == false]], by = { "service", "page", "view" }, max_keys = 50000,
  threshold = { count = p.failures, within = "10m" }, evidence = 5, suppress_for = "1h",
  cancel_on = [[browser == "user-action" and ok == true]],
  summary = "{service}{page}: {value} actions in a row failed in one view ({error_type})",
  actions = {
    "See in the evidence which action or script fails, and whether others have the same",
    "Look at what the server answered to that page at the time",
  },
}
