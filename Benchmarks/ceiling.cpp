// The native ceiling: what one core can do at best on the benchmark's input. simdjson On-Demand over a file that is already
// in memory, five fields per event, the rules compiled in, no scripts, no output. A streaming engine can approach it only.
//
//     ceiling parse|F|C RULES FILE [LINES]
//
// parse  reads the fields and hashes the keys.
// F      rule i counts per route the ERROR events slower than 500 + i % 50 ms; alert at 20 + i % 7.
// C      rule i counts per user every event; alert at 30 + i % 7.
//
// A window opens at the key's first event, lasts 60 s of event time and alerts once. Prints one JSON object; `cpu_seconds`
// covers parsing and counting, not loading the file.
#include <simdjson.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int64_t kWindowMilliseconds = 60'000;

double cpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval &time) { return double(time.tv_sec) + double(time.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Multiply-and-fold over 8-byte words; never 0, which marks an empty slot.
uint64_t hashOf(std::string_view text) {
  constexpr uint64_t multiplier = 0x9FB21C651E98DF25ull;
  uint64_t hash = multiplier * (text.size() + 1);
  const char *at = text.data();
  size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    hash = (hash ^ word) * multiplier;
    hash ^= hash >> 32;
  }
  uint64_t tail = 0;
  std::memcpy(&tail, at, left);
  hash = (hash ^ tail) * multiplier;
  hash ^= hash >> 29;
  return hash | (hash == 0);
}

struct Window {
  uint64_t key;
  int64_t opened;
  uint32_t count;
};

// Open addressing, linear probing, at most half full.
class Windows {
 public:
  // Counts one event of `key` at `time` and returns the count of its window.
  uint32_t count(uint64_t key, int64_t time) {
    size_t slot = key & mask_;
    while (slots_[slot].key != key) {
      if (slots_[slot].key == 0) return insert(key, time);
      slot = (slot + 1) & mask_;
    }
    Window &window = slots_[slot];
    if (time - window.opened >= kWindowMilliseconds) {
      window.opened = time;
      window.count = 0;
    }
    return ++window.count;
  }
  size_t bytes() const { return slots_.size() * sizeof(Window); }

 private:
  uint32_t insert(uint64_t key, int64_t time) {
    if (++used_ * 2 > mask_) grow();
    *emptySlot(key) = {key, time, 1};
    return 1;
  }
  void grow() {
    std::vector<Window> old(slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Window &window : old)
      if (window.key) *emptySlot(window.key) = window;
  }
  Window *emptySlot(uint64_t key) {
    size_t slot = key & mask_;
    while (slots_[slot].key) slot = (slot + 1) & mask_;
    return &slots_[slot];
  }
  std::vector<Window> slots_ = std::vector<Window>(64);
  size_t mask_ = 63, used_ = 0;
};

// Milliseconds since the epoch of "2026-06-01T08:00:00.123Z"; the date is worked out once per day.
class Clock {
 public:
  int64_t milliseconds(std::string_view text) {
    const char *t = text.data();
    if (std::memcmp(t, date_, sizeof date_) != 0) newDay(t);
    auto two = [t](int at) { return int64_t(t[at] - '0') * 10 + (t[at + 1] - '0'); };
    return day_ + two(11) * 3'600'000 + two(14) * 60'000 + two(17) * 1000 + (t[20] - '0') * 100 + two(21);
  }

 private:
  void newDay(const char *text) {
    std::memcpy(date_, text, sizeof date_);
    tm date{};
    date.tm_year = std::atoi(std::string(text, 4).c_str()) - 1900;
    date.tm_mon = std::atoi(std::string(text + 5, 2).c_str()) - 1;
    date.tm_mday = std::atoi(std::string(text + 8, 2).c_str());
    day_ = int64_t(timegm(&date)) * 1000;
  }
  char date_[10] = {};
  int64_t day_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: ceiling parse|F|C RULES FILE [LINES]\n");
    return 3;
  }
  const char mode = argv[1][0];
  const int rules = std::atoi(argv[2]);
  const size_t limit = argc > 4 ? size_t(std::atoll(argv[4])) : SIZE_MAX;
  simdjson::padded_string text;
  if (simdjson::padded_string::load(argv[3]).get(text)) {
    std::fprintf(stderr, "ceiling: can't read %s\n", argv[3]);
    return 10;
  }

  std::vector<Windows> windows(mode == 'p' ? 0 : size_t(rules));
  size_t events = 0, failures = 0, alerts = 0;
  uint64_t keep = 0;
  Clock clock;
  const double begin = cpuSeconds();
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document_stream stream;
  if (parser.iterate_many(text, size_t(1) << 20).get(stream)) return 10;
  for (auto next = stream.begin(); next != stream.end() && events + failures < limit; ++next) {
    simdjson::ondemand::document_reference document;
    simdjson::ondemand::object object;
    std::string_view timestamp, level, route, user;
    double duration;
    if ((*next).get(document) || document.get_object().get(object) ||
        object.find_field("timestamp").get_string().get(timestamp) ||
        object.find_field("level").get_string().get(level) || object.find_field("route").get_string().get(route) ||
        object.find_field("duration_ms").get_double().get(duration) ||
        object.find_field("userId").get_string().get(user) || timestamp.size() < 23) {
      failures++;
      continue;
    }
    events++;
    const int64_t time = clock.milliseconds(timestamp);
    const bool error = level == "ERROR";
    if (mode == 'F') {
      if (!error) continue;
      const uint64_t key = hashOf(route);
      for (int rule = 0; rule < rules; rule++)
        if (duration > 500 + rule % 50) alerts += windows[rule].count(key, time) == 20u + rule % 7;
    } else if (mode == 'C') {
      const uint64_t key = hashOf(user);
      for (int rule = 0; rule < rules; rule++) alerts += windows[rule].count(key, time) == 30u + rule % 7;
    } else {
      keep += hashOf(route) + hashOf(user) + uint64_t(time) + error;
    }
  }
  const double spent = cpuSeconds() - begin;
  size_t state = 0;
  for (const Windows &table : windows) state += table.bytes();
  std::printf(
      "{\"mode\":\"%s\",\"rules\":%d,\"events\":%zu,\"failures\":%zu,\"cpu_seconds\":%.4f,\"us_per_event\":%.4f,"
      "\"alerts\":%zu,\"state_mb\":%.1f,\"keep\":%d}\n",
      argv[1], rules, events, failures, spent, events ? spent / double(events) * 1e6 : 0.0, alerts,
      double(state) / 1048576.0, int(keep & 1));
}
