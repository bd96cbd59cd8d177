-- A user whose records are still filed under an e-mail address or a number finds nothing of what is theirs.
return rule {
  api = 1, id = "data.user-id-format", title = "A user sees no data under an old id", severity = "high",
  type = "data_inconsistency", status = "stable", tags = { "data.migration" }, date = "2026-11-21",
  description = "Answers without any data for a user who is known by an e-mail address or a number where ids look like "
    .. "usr_…: records were moved to new ids and those of this user were left behind.",
  falsepositives = { "a service that looks users up by their e-mail address on purpose" },
  where = [[user_id ~= nil and not startswith(user_id, "usr_") and (event == "data.empty" or one_of(reason, "no_data", "empty_result"))]],
  by = { "user_id" }, affected = "user_id", max_keys = 100000,
  threshold = { count = 3, within = "10m" }, suppress_for = "6h",
  summary = "{user_id} got {count} answers without any data",
  suggest = { "migrate-user-id" },
  actions = {
    "Look whether the user's records are filed under another id",
    "Move them with the fix migrate-user-id, which shows every row before it changes one",
  },
}
