/// What pages include to measure themselves: `<script src="https://stella.example.org/stella.js" async></script>`.
///
/// It sets no cookie, stores nothing, reads no text of the page, and does nothing at all where the browser says Do Not Track or
/// Global Privacy Control. It never throws into the page, and a view sends no more than 200 measurements.
enum BrowserScript {
  static let text = #"""
    (function () {
      "use strict";
      var nav = window.navigator, doc = window.document, perf = window.performance;
      var nothing = function () {};
      var api = window.stella = { metric: nothing, action: nothing, view: nothing };
      if (nav.doNotTrack === "1" || window.doNotTrack === "1" || nav.globalPrivacyControl) return;
      var own = doc.currentScript;
      if (!own || !own.src || !nav.sendBeacon || !window.URL) return;
      var base = new URL(own.src).origin + "/api/v1/metrics/";

      var MOST = 200, BATCH = 40, PAUSE = 10000;
      var left = MOST, queues = {}, timer = 0, id = newId();

      function newId() {
        var text = "", bytes = new Uint8Array(12);
        if (window.crypto && window.crypto.getRandomValues) window.crypto.getRandomValues(bytes);
        else for (var i = 0; i < bytes.length; i++) bytes[i] = Math.random() * 256;
        for (var j = 0; j < bytes.length; j++) text += ("0" + bytes[j].toString(16)).slice(-2);
        return text;
      }
      function path() { return (window.location.pathname || "/").slice(0, 512); }
      function word(text, most) { return String(text).replace(/[^A-Za-z0-9_.:-]/g, "_").slice(0, most) || "_"; }
      function ms(value) { return Math.min(600000, Math.max(0, Math.round(value * 10) / 10)); }

      function put(kind, event) {
        if (left <= 0) return;
        left -= 1;
        event.page = path();
        event.view = id;
        var queue = queues[kind] = queues[kind] || [];
        queue.push(event);
        if (queue.length >= BATCH) send(kind);
        else if (!timer) timer = window.setTimeout(flush, PAUSE);
      }
      function send(kind) {
        var events = queues[kind];
        if (!events || !events.length) return;
        queues[kind] = [];
        // As text, which needs no question beforehand.
        try { nav.sendBeacon(base + kind, new Blob([JSON.stringify(events)], { type: "text/plain" })); } catch (e) {}
      }
      function flush() {
        window.clearTimeout(timer);
        timer = 0;
        for (var kind in queues) send(kind);
      }
      function safely(body) { return function () { try { return body.apply(this, arguments); } catch (e) {} }; }

      api.metric = safely(function (name, value) {
        value = Number(value);
        if (isFinite(value) && Math.abs(value) <= 1e15) put("custom", { name: word(name, 64), value: value });
      });
      api.action = safely(function (name, ok, took) {
        var event = { action: word(name, 64), ok: ok !== false };
        if (isFinite(took)) event.took_ms = ms(Number(took));
        put("user-action", event);
      });
      api.view = safely(function (from) {
        var event = {};
        // As the browser writes paths: without spaces, and in ASCII.
        if (typeof from === "string" && from.charAt(0) === "/")
          event.from = new URL(window.location.origin + from).pathname.slice(0, 512);
        put("page-view", event);
      });

      var vitals = {}, isTold = false;
      var shift = { value: 0, first: 0, last: 0 }, slow = [];
      function observe(type, options, body) {
        try {
          var supported = window.PerformanceObserver && window.PerformanceObserver.supportedEntryTypes;
          if (!supported || supported.indexOf(type) < 0) return;
          var all = { type: type, buffered: true };
          for (var name in options) all[name] = options[name];
          new window.PerformanceObserver(safely(function (list) { list.getEntries().forEach(body); })).observe(all);
        } catch (e) {}
      }
      observe("paint", {}, function (entry) {
        if (entry.name === "first-contentful-paint") vitals.fcp_ms = ms(entry.startTime);
      });
      observe("largest-contentful-paint", {}, function (entry) { vitals.lcp_ms = ms(entry.startTime); });
      observe("layout-shift", {}, function (entry) {
        if (entry.hadRecentInput) return;
        // The worst burst: gaps under a second, five seconds at most.
        var goesOn = entry.startTime - shift.last < 1000 && entry.startTime - shift.first < 5000;
        if (!goesOn) shift = { value: 0, first: entry.startTime, last: 0 };
        shift.value += entry.value;
        shift.last = entry.startTime;
        vitals.cls = Math.min(1000, Math.max(vitals.cls || 0, Math.round(shift.value * 1e4) / 1e4));
      });
      observe("event", { durationThreshold: 40 }, function (entry) {
        if (!entry.interactionId) return;
        for (var i = 0; i < slow.length; i++) {
          if (slow[i].id === entry.interactionId) { slow[i].took = Math.max(slow[i].took, entry.duration); break; }
        }
        if (i === slow.length) slow.push({ id: entry.interactionId, took: entry.duration });
        slow.sort(function (a, b) { return b.took - a.took; });
        slow.length = Math.min(slow.length, 10);
        // One in fifty is left out, so that a single slow one doesn't stand for a long view.
        var count = perf.interactionCount || slow.length;
        vitals.inp_ms = ms(slow[Math.min(slow.length - 1, Math.floor(count / 50))].took);
      });
      var resources = 0;
      observe("resource", {}, function (entry) {
        var failed = entry.responseStatus >= 400;
        if (!failed && entry.duration < 1000 || entry.name.indexOf(base) === 0 || resources >= 30) return;
        var name = entry.name.split(/[?#]/)[0];
        if (name.length > 512 || !/^https?:\/\/[^@\/]+\//.test(name)) return;
        resources += 1;
        var event = { resource: name, took_ms: ms(entry.duration), failed: failed };
        if (entry.initiatorType) event.initiator = word(entry.initiatorType, 32);
        if (entry.transferSize > 0) event.bytes = Math.round(entry.transferSize);
        put("resource", event);
      });

      var failures = 0;
      function failed(error) {
        if (failures++ >= 20) return;
        // Its name alone: what it says may be about somebody.
        put("user-action", { action: "script", ok: false, error_type: word(error && error.name || "Error", 64) });
      }
      window.addEventListener("error", safely(function (event) { if (event.error) failed(event.error); }));
      window.addEventListener("unhandledrejection", safely(function (event) { failed(event.reason); }));

      var end = safely(function () {
        if (!isTold) {
          var entry = perf && perf.getEntriesByType && perf.getEntriesByType("navigation")[0];
          if (entry && entry.responseStart > 0) vitals.ttfb_ms = ms(entry.responseStart);
          if (entry && entry.loadEventEnd > 0) vitals.load_ms = ms(entry.loadEventEnd);
          for (var any in vitals) isTold = true;
          if (isTold) put("navigation", vitals);
        }
        flush();
      });
      doc.addEventListener("visibilitychange", function () { if (doc.visibilityState === "hidden") end(); });
      window.addEventListener("pagehide", end);
      api.view();
    })();

    """#
}
