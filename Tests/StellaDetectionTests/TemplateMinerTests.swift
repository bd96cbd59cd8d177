import Testing

@testable import StellaDetection

@Suite("Log template mining")
struct TemplateMinerTests {
  @Test(
    "What is variable in any log is masked",
    arguments: [
      ("PacketResponder 1 for block blk_-38865 terminating", "PacketResponder <*> for block <*> terminating"),
      ("open /etc/app/x.conf: denied", "open <*>: denied"),
      ("loaded C:\\Windows\\system32\\x.dll twice", "loaded <*> twice"),
      ("GET https://example.org/a?b=c&d took 5 ms", "GET <*> took <*>"),
      ("mail to ada.lovelace@example.org bounced", "mail to <*> bounced"),
      ("sent 1293 bytes (1.26 KB) in <1 sec", "sent <*> in <*>"),
      ("up since Fri Jul 22 09:27:24 2005 UTC", "up since <*>"),
      ("peer proxy.example.com:8080 gone", "peer <*> gone"),
      ("lookup of ns.example.co.uk failed", "lookup of <*> failed"),
      ("thrown by org.example.shop.Main", "thrown by org.example.shop.Main"),
      ("link fe80:0:aa:bb::1 up", "link <*> up"),
      ("mac FF:F2:9F:15:DC:AF seen", "mac <*> seen"),
      ("onExtend:1514038530000 14 0 4", "onExtend:<*>"),
      ("uid=0 tty=ssh rhost= user=root", "uid=<*> tty=ssh rhost=<*> user=root"),
      ("clear() then done", "clear() then done"),
      ("session [] opened", "session [<*>] opened"),
      ("steps= 12##13##14", "steps=<*>"),
      ("flag is true, other=FALSE", "flag is <*>, other=<*>"),
      ("data storage interrupt.........0x00", "data storage interrupt.........<*>"),
      ("node-[1-3,7] and node-9 rebooted", "<*> and <*> rebooted"),
      ("It may take a while in May", "It may take a while in May"),
      ("disk 3 may fail", "disk <*> may fail"),
      ("bad header [a|b]", "bad header [a|b]"),
    ])
  func masks(message: String, template: String) {
    #expect(TemplateSamples.text(message) == template)
  }

  @Test("A word that takes many values in one place is variable, and further values are no news")
  func slots() {
    let miner = TemplateMiner()
    let names = ["ada", "bob", "carol", "dan", "erin", "frank", "grace", "heidi"]
    var new = 0
    for name in names {
      if TemplateSamples.observe("mail from \(name) was refused by policy", with: miner).isNew { new += 1 }
    }
    #expect(new == 2)
    miner.regroup()
    #expect(miner.templates.map(\.text) == ["mail from <*> was refused by policy"])
    #expect(miner.templates.map(\.count) == [8])
    #expect(!TemplateSamples.observe("mail from ivan was refused by policy", with: miner).isNew)
    #expect(TemplateSamples.observe("mail from ivan was accepted by policy", with: miner).isNew)
  }

  @Test("Two words that vary together are found by regrouping, and recognised from then on")
  func pairs() {
    let users = ["ada", "bob", "carol", "dan", "erin"]
    let hosts = ["oak", "elm", "ash", "fir", "yew"]
    let miner = TemplateMiner()
    for (user, host) in zip(users, hosts) {
      _ = TemplateSamples.observe("backup of \(user) moved over to \(host) without errors", with: miner)
    }
    miner.regroup()
    #expect(miner.templates.map(\.text) == ["backup of <*> moved over to <*> without errors"])
    let next = TemplateSamples.observe("backup of mallory moved over to beech without errors", with: miner)
    #expect(!next.isNew && next.number == 0)
  }

  @Test("Words in capitals, first words and few values stay apart")
  func constants() {
    let states = ["LOOKING", "LEADING", "FOLLOWING", "OBSERVING", "STOPPED"]
    #expect(TemplateSamples.texts(states.map { "the peer is now \($0) again" }).count == 5)
    let services = ["cupsd", "klogd", "hcid", "sdpd", "portmap", "syslogd"]
    #expect(TemplateSamples.texts(services.map { "\($0) startup has succeeded" }).count == 6)
    #expect(TemplateSamples.texts(["connection was lost again", "connection was found again"]).count == 2)
  }

  @Test("Merged templates keep the older number and id, the sum of counts and the span of times")
  func merging() {
    let miner = TemplateMiner()
    let ids = ["ada", "bob", "carol", "dan", "erin"].enumerated().map { index, name in
      let number = TemplateSamples.observe("mail from \(name) was refused", with: miner, time: Int64(10 - index)).number
      return miner.template(number)?.id
    }
    miner.regroup()
    let merged = miner.template(3)
    #expect(merged?.number == 0 && merged?.id == ids[0])
    #expect(merged?.count == 5 && merged?.first == 6 && merged?.last == 10)
    #expect(miner.canonical(2) == 0)
    #expect(miner.template(99) == nil && miner.canonical(99) == 99)
  }

  @Test("Empty, blank, endless and binary messages are observed like any other")
  func oddMessages() {
    let miner = TemplateMiner()
    for message in ["", "   ", "\t", "=", "()", "<", ")", ":::::", "....", String(repeating: "a:", count: 5000)] {
      let first = TemplateSamples.observe(message, with: miner)
      #expect(TemplateSamples.observe(message, with: miner).number == first.number)
    }
    let words = (0..<3000).map { _ in "word" }.joined(separator: " ")
    #expect(TemplateSamples.text(words).hasSuffix("word <*>"))
    let bytes = (0...255).map { UInt8($0) }
    bytes.withUnsafeBufferPointer { #expect(miner.observe($0, time: 0).isNew) }
  }

  @Test("A made-up service's messages are grouped by kind")
  func service() {
    let messages = TemplateSamples.service(2000, seed: 1)
    let grouping = TemplateSamples.grouping(messages.map(\.text))
    #expect(TemplateSamples.accuracy(grouping.numbers, messages.map(\.kind)) > 0.99)
  }
}
