-- Records that are still filed under an e-mail address or a number move to the user's usr_… id, all users at once.
--
-- The tables it knows, with the columns that hold user ids:
--   users(id, hash_id)   conversations(id, user_id)   messages(id, user_id)   shares(id, owner_id, shared_with)
-- shared_with is a JSON array of ids. Other schemas: copy this file and change the statements.
local db_name = "app-db"
local old = "id not like 'usr~_%' escape '~'"

-- The ids within ["a","b"], or nil for what is no such list.
local function ids_of(text)
  if type(text) ~= "string" or not text:find('^%s*%[.*%]%s*$') then return nil end
  local ids = {}
  for id in text:gmatch('"([^"\\]*)"') do ids[#ids + 1] = id end
  return ids
end

return fix {
  api = 1, id = "migrate-user-id", title = "Move records from old user ids to usr_… ids", status = "stable",
  description = "Users, conversations, messages and shares that are filed under an e-mail address or a number get the id that "
    .. "the user has in hash_id, owners and shared-with lists included. Rows whose owner is no user stay as they are and are "
    .. "counted in the notes: nobody guesses whose they are.",
  tags = { "data.migration" }, date = "2026-11-21",
  handles = { "data.user-id-format" }, params = { user_id = "string" }, targets = { "app-db" },
  approval = "always", max_rows = 20000, cooldown = "1h",

  when = function(alert) return type(alert.key.user_id) == "string" and alert.key.user_id:find("^usr_") == nil end,

  plan = function(ctx, p)
    local db = ctx.db(db_name)
    -- Nothing to do for this alert unless its user is one of those that can be moved.
    if not db:value("select 1 from users where id = ? and hash_id is not null", p.user_id) then return {} end

    local moved, effects = {}, {}
    for _, user in ipairs(db:rows("select id, hash_id from users where " .. old .. " and hash_id is not null order by id")) do
      moved[user.id] = user.hash_id
      effects[#effects + 1] = sql.update { target = "app-db", table = "users", where = { id = user.id }, set = { id = user.hash_id } }
      effects[#effects + 1] = sql.update {
        target = "app-db", table = "conversations", where = { user_id = user.id }, set = { user_id = user.hash_id },
      }
      effects[#effects + 1] = sql.update {
        target = "app-db", table = "messages", where = { user_id = user.id }, set = { user_id = user.hash_id },
      }
    end

    local unreadable = 0
    for _, share in ipairs(db:rows("select id, owner_id, shared_with from shares order by id")) do
      local owner, list, changed = moved[share.owner_id] or share.owner_id, share.shared_with, moved[share.owner_id] ~= nil
      local ids = ids_of(share.shared_with)
      if ids then
        local texts, touched = {}, false
        for i, id in ipairs(ids) do
          if moved[id] then touched = true end
          texts[i] = '"' .. (moved[id] or id) .. '"'
        end
        if touched then list, changed = "[" .. table.concat(texts, ",") .. "]", true end
      else
        unreadable = unreadable + 1
      end
      if changed then
        effects[#effects + 1] = sql.update {
          target = "app-db", table = "shares", where = { id = share.id }, set = { owner_id = owner, shared_with = list },
        }
      end
    end

    effects.notes = {}
    local orphans = db:row(
      "select count(*) as conversations, count(distinct user_id) as owners from conversations c "
        .. "where not exists (select 1 from users u where u.id = c.user_id or u.hash_id = c.user_id)")
    if orphans.conversations > 0 then
      effects.notes[#effects.notes + 1] =
        ("%d conversations of %d owners who are no users stay as they are"):format(orphans.conversations, orphans.owners)
    end
    local without = db:value("select count(*) from users where " .. old .. " and hash_id is null")
    if without > 0 then effects.notes[#effects.notes + 1] = ("%d users have no hash_id and stay as they are"):format(without) end
    if unreadable > 0 then
      effects.notes[#effects.notes + 1] = ("%d shares have no list that can be read; their lists stay as they are"):format(unreadable)
    end
    return effects
  end,

  verify = function(ctx, p)
    local db = ctx.db(db_name)
    return db:value("select count(*) from users where " .. old .. " and hash_id is not null") == 0
      and db:value("select count(*) from conversations where user_id = ?", p.user_id) == 0
  end,
}
