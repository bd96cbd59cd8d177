-- Somebody got into an account: every session of it ends, so that whoever has a token has to sign in again.
return fix {
  api = 1, id = "revoke-sessions", title = "End all sessions of an account", status = "stable",
  description = "Deletes the rows of the account in sessions(id, user_id, …). The person signs in again on every device; so must "
    .. "whoever stole a token. Change the password as well: this fix doesn't.",
  tags = { "security.account" }, date = "2026-11-21",
  handles_type = { "account_takeover", "credential_stuffing" }, params = { user_id = "string" }, targets = { "app-db" },
  approval = "always", max_rows = 500, cooldown = "10m",

  when = function(alert) return alert.key.user_id ~= nil end,

  plan = function(ctx, p)
    local count = ctx.db("app-db"):value("select count(*) from sessions where user_id = ?", p.user_id)
    if count == 0 then return {} end
    return {
      sql.delete { target = "app-db", table = "sessions", where = { user_id = p.user_id } },
      notes = { ("%d sessions end; the person has to sign in again"):format(count) },
    }
  end,

  verify = function(ctx, p)
    return ctx.db("app-db"):value("select count(*) from sessions where user_id = ?", p.user_id) == 0
  end,
}
