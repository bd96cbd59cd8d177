local bounds = { "0.1", "0.5", "1", "2", "5", "+Inf" }

-- Feeds one scrape; `shares` are cumulative, of so many requests.
local function scrape(t, requests, shares, i)
  for place, le in ipairs(bounds) do
    t:feed {
      service = "shop", scrape = "shop", job = "shop", instance = "a:9100", le = le, labels = { le = le },
      http_request_duration_seconds_bucket = math.floor(requests * shares[place]),
    }
  end
  t:at("+30s")
end

local slow = { 0.2, 0.5, 0.8, 0.9, 1, 1 }
local fast = { 0.9, 0.99, 1, 1, 1, 1 }

test("a 95th percentile of three and a half seconds fires once and says so", function(t)
  for i = 0, 30 do scrape(t, 100 * i, slow, i) end
  t:expect {
    fires = 1, severity = "medium", where = { service = "shop", instance = "a:9100" }, value = { at_least = 3400, at_most = 3600 },
  }
end)

test("fast answers stay quiet, however slow they were long ago", function(t)
  for i = 0, 200 do
    for place, le in ipairs(bounds) do
      t:feed {
        service = "shop", scrape = "shop", instance = "a:9100", le = le,
        http_request_duration_seconds_bucket = 100000 * slow[place] // 1 + math.floor(100 * i * fast[place]),
      }
    end
    t:at("+30s")
  end
  t:expect_quiet()
end)

test("it is over when answers are fast again", function(t)
  for i = 0, 30 do scrape(t, 100 * i, slow, i) end
  for i = 1, 60 do
    for place, le in ipairs(bounds) do
      t:feed {
        service = "shop", scrape = "shop", job = "shop", instance = "a:9100", le = le, labels = { le = le },
        http_request_duration_seconds_bucket = math.floor(3000 * slow[place]) + math.floor(100 * i * fast[place]),
      }
    end
    t:at("+30s")
  end
  t:expect { fires = 1, resolved = 1 }
end)

test("a handful of slow requests stays quiet", function(t)
  for i = 0, 100 do scrape(t, 2 * i, slow, i) end
  t:expect_quiet()
end)

test("a process that starts again and again is not slow for that", function(t)
  for i = 0, 200 do scrape(t, 100 * (i % 20), fast, i) end
  t:expect_quiet()
end)
