local function disk(used) return { host = "db1", mount = "/var", used_percent = used } end

test("a disk that grows by four percent an hour fires half a day before it is full", function(t)
  t:feed(function(i) return disk(40 + i / 15 + i % 3 / 10) end):times(240):every("1m")
  t:expect {
    at_least = 1, at_most = 1, severity = "high", type = "disk_forecast", where = { host = "db1", mount = "/var" },
    value = { at_least = 3600 * 9, at_most = 3600 * 12 },
  }
end)

test("it is critical when two hours are left", function(t)
  t:feed(function(i) return disk(60 + i / 3) end):times(90):every("1m")
  t:expect { fires = 1, severity = "critical", summary = "db1 /var" }
end)

test("it is over once somebody has cleaned up", function(t)
  t:feed(function(i) return disk(50 + i / 10) end):times(240):every("1m")
  t:feed(function(i) return disk(30 + i % 2 / 10) end):times(600):every("1m")
  t:expect { fires = 1, resolved = 1 }
end)

test("a level disk with noise stays quiet however full it is", function(t)
  t:feed(function(i) return disk(93 + i * 7919 % 100 / 50) end):times(1000):every("1m")
  t:expect_quiet()
end)

test("a disk that grows slowly stays quiet", function(t)
  t:feed(function(i) return disk(70 + i / 600) end):times(600):every("1m")
  t:expect_quiet()
end)

test("half an hour of growth is no trend", function(t)
  t:feed(function(i) return disk(70 + i / 2) end):times(30):every("1m")
  t:expect_quiet()
end)

test("memory that is in use is no disk", function(t)
  t:feed(function(i) return { host = "db1", used_percent = 40 + i / 10 } end):times(300):every("1m")
  t:expect_quiet()
end)
