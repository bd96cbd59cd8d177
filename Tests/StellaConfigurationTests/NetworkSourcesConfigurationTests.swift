import StellaModel
import Testing

@testable import StellaConfiguration

@Suite("Sources over the network in stella.yaml")
struct NetworkSourcesConfigurationTests {
  private func problems(_ text: String) -> String {
    let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "stella.yaml") }
    return error.map { "\($0)" } ?? ""
  }

  @Test("Every key of syslog reaches its place, and relative files count from the directory of the file")
  func syslog() throws {
    let text = """
      syslog:
        udp: ['0.0.0.0:5514', '[::]:5514']
        tcp: localhost:0
        tls: { listen: '127.0.0.1:6514', certificate: c.pem, key: k.pem, client_ca: ca.pem }
        allow: [10.0.0.0/8, '2001:db8::/32']
        tz: Europe/Berlin
        message_bytes: 8KiB
        connections: 7
        idle: 10m
        patience: 3s
      """
    let settings = try #require(try Configuration.parse(text, file: "/etc/stella/stella.yaml").syslog)
    #expect(settings.udp.map(\.description) == ["0.0.0.0:5514", "[::]:5514"])
    #expect(settings.tcp.map(\.description) == ["127.0.0.1:0"])
    #expect(settings.tls?.certificate == "/etc/stella/c.pem" && settings.tls?.clientCA == "/etc/stella/ca.pem")
    #expect(
      settings.allow.map { $0.contains("10.255.0.1") } == [true, false] && settings.allow[1].contains("2001:db8::7"))
    #expect(settings.allow[0].contains("::ffff:10.0.0.1") && !settings.allow[0].contains("11.0.0.1"))
    #expect(settings.messageBytes == 8192 && settings.connections == 7 && settings.timeZone == "Europe/Berlin")
    #expect(settings.idle == .seconds(600) && settings.patience == .seconds(3))
  }

  @Test("What can't be meant is refused with a hint")
  func refused() {
    #expect(problems("syslog: { allow: [10.0.0.0/33] }").contains("needs one of `udp`, `tcp` and `tls`"))
    #expect(problems("syslog: { udp: 'web1:514', allow: [10.0.0.0/33] }").contains("no network such as"))
    #expect(problems("syslog: { udp: '0.0.0.0:514', idel: 3s }").contains("Did you mean `idle`?"))
    #expect(problems("syslog: { tls: { listen: '127.0.0.1:1' } }").contains("needs the key `certificate`"))
    #expect(problems("journald: { unit: a }").contains("Did you mean `units`?"))
    #expect(problems("probes: { a: { every: 3s } }").contains("exactly one of"))
    #expect(problems("probes: { a: { tcp: 'h:1', redis: h } }").contains("`tcp` and `redis`"))
    #expect(problems("probes: { a: { tcp: h } }").contains("a host and a port"))
    #expect(problems("probes: { a: { tcp: 'h:1', expect: 200 } }").contains("`expect` is for `http` alone"))
    #expect(problems("probes: { a: { redis: h, password: hunter2 } }").contains("`name@version`"))
    #expect(problems("probes: { a: { http: 'http://u:p@h/', timeout: 1s } }").contains("without user and password"))
    #expect(problems("probes: { a: { tcp: 'h:1', every: 1s, timeout: 2s } }").contains("at most `every`"))
  }

  @Test("journald and probes reach their places, and journald without keys reads everything")
  func others() throws {
    let all = try Configuration.parse("journald: {}", file: "stella.yaml").journald
    let always = ["--output=json", "--all", "--no-pager", "--quiet", "--follow"]
    #expect(all?.arguments(after: nil, orSince: 1_790_000_000) == always + ["--since=@1790000000", "--no-tail"])
    let text = """
      journald: { units: a.service, identifiers: [sshd], priority: err, directory: j, from: start }
      probes:
        web: { http: 'https://h/health', expect: [200, 204], service: shop, every: 10s, timeout: 1s }
        db: { postgres: h }
        cache: { redis: '[::1]:1', password: p@1, every: 2s }
      """
    let configuration = try Configuration.parse(text, file: "/etc/stella.yaml")
    let arguments = try #require(configuration.journald?.arguments(after: "s=1;i=2", orSince: 1_790_000_000))
    #expect(
      arguments.suffix(6) == [
        "--after-cursor=s=1;i=2", "--no-tail", "--unit=a.service", "--identifier=sshd", "--priority=err",
        "--directory=/etc/j",
      ])
    #expect(configuration.probes.map(\.name) == ["web", "db", "cache"])
    #expect(configuration.probes[0].kind == .http(url: "https://h/health", expect: [200, 204]))
    #expect(configuration.probes[0].service == "shop" && configuration.probes[0].every == .seconds(10))
    #expect(configuration.probes[1].kind == .postgres(.init(host: "h", port: 5432), user: "stella_probe"))
    #expect(configuration.probes[2].kind == .redis(.init(host: "::1", port: 1), password: SecretReference("p@1")))
    #expect(configuration.probes[2].timeout == .seconds(2), "a probe ends before the next begins")
  }
}
