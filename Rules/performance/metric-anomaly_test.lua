local function reading(i)
  return { service = "shop", host = "a1", metric = "queue_depth", value = 100 + i * 7 % 23 }
end

test("a value far from everything seen before fires once", function(t)
  t:feed(reading):times(600):every("1m")
  t:expect_quiet()
  t:feed { service = "shop", host = "a1", metric = "queue_depth", value = 900 }:times(5):every("1m")
  t:expect {
    fires = 1, severity = "medium", type = "metric_anomaly", where = { service = "shop", metric = "queue_depth" },
    value = 900, expected = { at_least = 100, at_most = 123 },
  }
end)

test("values as they always were are quiet", function(t)
  t:feed(reading):times(3000):every("1m")
  t:expect_quiet()
end)

test("the first 128 values are quiet whatever they are", function(t)
  t:feed(reading):times(100):every("1m")
  t:feed { service = "shop", host = "a1", metric = "queue_depth", value = 900 }
  t:expect_quiet()
end)
