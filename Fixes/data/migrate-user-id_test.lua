local function chat(t) return t:database("app-db", "migrate-user-id_test.sql") end

test("users, conversations, messages and shares move together, and what belongs to nobody stays", function(t)
  chat(t):alert { key = { user_id = "ana@example.org" } }
  t:expect {
    rows = 2 + 3 + 2 + 3,
    notes = {
      "2 conversations of 1 owners who are no users", "1 users have no hash_id", "1 shares have no list that can be read",
    },
  }
  t:after("app-db", "select group_concat(id) from (select id from users order by email)", "usr_a1,usr_b2,usr_c3,dora@example.org")
  t:after("app-db", "select count(*) from conversations where user_id = 'usr_a1'", 2)
  t:after("app-db", "select count(*) from conversations where user_id = 'gone@example.org'", 2)
  t:after("app-db", "select group_concat(user_id) from (select user_id from messages order by id)", "usr_a1,usr_b2,usr_c3")
end)

test("owners and shared-with lists get the new ids, and a list that can't be read stays", function(t)
  chat(t):given { user_id = "1042" }
  t:after("app-db", "select owner_id || shared_with from shares where id = 1", 'usr_a1["usr_b2","usr_c3"]')
  t:after("app-db", "select shared_with from shares where id = 2", '["dora@example.org"]')
  t:after("app-db", "select json_extract(shared_with, '$[0]') from shares where id = 3", "usr_b2")
  t:after("app-db", "select owner_id || ' ' || shared_with from shares where id = 4", "usr_b2 everybody")
end)

test("for somebody who is no user nothing is moved", function(t)
  chat(t):given { user_id = "gone@example.org" }
  t:expect { nothing = true }
end)

test("a user without a new id is not moved, and nobody guesses one", function(t)
  chat(t):given { user_id = "dora@example.org" }
  t:expect { nothing = true }
end)

test("an alert about a new id is none of its", function(t)
  chat(t):alert { key = { user_id = "usr_c3" } }
  t:expect { proposed = false }
end)

test("without the column hash_id there is no plan", function(t)
  t:database("app-db", { text = "create table users (id text primary key, email text)" })
  t:given { user_id = "ana@example.org" }
  t:expect { refused = "hash_id" }
end)
