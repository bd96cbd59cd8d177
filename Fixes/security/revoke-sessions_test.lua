local sessions = {
  text = [[
    create table sessions (id text primary key, user_id text not null, created_at real, agent blob) without rowid;
    insert into sessions values
      ('s1', 'ana', 1.5, x'00'), ('s2', 'ana', null, null), ('s3', 'ben', 3, 'Firefox'), ('s4', 'Ana', 4, null);
  ]],
}

test("all sessions of the account end, and no other", function(t)
  t:database("app-db", sessions):alert { type = "account_takeover", key = { user_id = "ana" } }
  t:expect {
    effects = { { kind = "sql.delete", table = "sessions", rows = 2, reversible = true } },
    notes = { "2 sessions end" },
  }
  t:after("app-db", "select group_concat(id) from (select id from sessions order by id)", "s3,s4")
end)

test("an account without sessions needs nothing", function(t)
  t:database("app-db", sessions):given { user_id = "dora" }
  t:expect { nothing = true }
end)

test("more sessions than anybody has are refused instead of deleted", function(t)
  t:database("app-db", {
    text = [[
      create table sessions (id integer primary key, user_id text not null);
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 501) insert into sessions select i, 'ana' from n;
    ]],
  })
  t:given { user_id = "ana" }
  t:expect { refused = "500" }
end)

test("an alert without a user is none of its", function(t)
  t:database("app-db", sessions):alert { key = { src_ip = "192.0.2.7" } }
  t:expect { proposed = false }
end)
