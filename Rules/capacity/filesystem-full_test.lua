local function disk(free, fstype)
  return {
    service = "node", scrape = "node", instance = "db:9100", mountpoint = "/var", fstype = fstype or "ext4",
    node_filesystem_size_bytes = 1000000, node_filesystem_avail_bytes = math.floor(free * 10000),
  }
end

test("five percent free fire once", function(t)
  t:feed(disk(5)):times(60):every("30s")
  t:expect { fires = 1, severity = "high", where = { instance = "db:9100", mountpoint = "/var" }, value = { at_least = 4.9, at_most = 5.1 } }
end)

test("two percent free are critical", function(t)
  t:feed(disk(2)):times(60):every("30s")
  t:expect { fires = 1, severity = "critical" }
end)

test("one that fills by four percent an hour fires some hours before", function(t)
  t:feed(function(i) return disk(36 - i / 30 + i % 3 / 20) end):times(400):every("30s")
  t:expect { fires = 1, summary = "full in" }
end)

test("a level file system with a quarter free stays quiet", function(t)
  t:feed(function(i) return disk(25 + i * 7919 % 100 / 100) end):times(1500):every("30s")
  t:expect_quiet()
end)

test("an image that is full by nature stays quiet", function(t)
  t:feed(disk(0, "squashfs")):times(100):every("30s")
  t:expect_quiet()
end)
