local function empty(user)
  return { service = "chat", event = "data.empty", user_id = user, level = "warn", message = "no conversations for user" }
end

test("a user with an old id who sees nothing again and again fires once, with the fix", function(t)
  t:feed(empty("ana@example.org")):times(5):every("30s")
  t:expect { fires = 1, severity = "high", type = "data_inconsistency", where = { user_id = "ana@example.org" } }
end)

test("a numeric id is an old one too", function(t)
  t:feed(empty("1042")):times(3):every("30s")
  t:expect { fires = 1, where = { user_id = "1042" } }
end)

test("a new user without any data yet stays quiet", function(t)
  t:feed(empty("usr_5f2a9c")):times(20):every("10s")
  t:expect_quiet()
end)

test("one empty answer each stays quiet", function(t)
  t:feed(function(i) return empty("user" .. i .. "@example.org") end):times(20):every("10s")
  t:expect_quiet()
end)
