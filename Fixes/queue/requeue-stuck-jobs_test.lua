local jobs = {
  text = [[
    create table jobs (
      id integer primary key, queue text not null, state text not null, worker text, attempts integer not null,
      heartbeat_age_s integer);
    insert into jobs values
      (1, 'mail', 'running', 'w1', 0, 1000), (2, 'mail', 'running', 'w2', 5, 5000), (3, 'mail', 'running', 'w3', 1, 900),
      (4, 'mail', 'queued', null, 0, null), (5, 'print', 'running', 'w1', 0, 9999);
  ]],
}

test("stuck jobs go back into their queue, and one that failed too often is given up", function(t)
  t:database("jobs-db", jobs):alert { type = "queue_stuck", key = { queue = "mail" } }
  t:expect { rows = 2, effects = 2, notes = { "1 of 2 jobs had five attempts" } }
  t:after("jobs-db", "select state || attempts from jobs where id = 1 and worker is null", "queued1")
  t:after("jobs-db", "select state || attempts from jobs where id = 2 and worker is null", "failed6")
  t:after("jobs-db", "select count(*) from jobs where state = 'running'", 2)
end)

test("a queue whose workers are alive needs nothing", function(t)
  t:database("jobs-db", jobs):given { queue = "video" }
  t:expect { nothing = true }
end)
