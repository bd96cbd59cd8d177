local function done(job) return { event = "job.done", job = job, message = "finished" } end
local day = "24h"

test("a job that ran every day is missed once it did not, and is back with its next run", function(t)
  t:feed(done("backup")):times(5):every(day)
  t:advance("25h")
  t:expect { fires = 1, severity = "high", where = { job = "backup" }, value = 24.5 * 3600, summary = "24h30m" }
  t:feed(done("backup"))
  t:expect { fires = 1, resolved = 1 }
end)

test("a job of the roster is missed although it never ran", function(t)
  t:params { jobs = "backup, billing-close" }
  t:feed(done("backup"))
  t:at("+12h"):feed(done("backup"))
  t:advance("13h")
  t:expect { fires = 1, where = { job = "billing-close" }, labels = { last_seen = "never" } }
end)

test("jobs in time stay quiet", function(t)
  t:params { jobs = "backup" }
  t:feed(done("backup")):times(10):every("24h20m")
  t:expect_quiet()
end)

test("a job that ran once by hand stays quiet", function(t)
  t:feed(done("migrate"))
  t:advance("200h")
  t:expect_quiet()
end)
