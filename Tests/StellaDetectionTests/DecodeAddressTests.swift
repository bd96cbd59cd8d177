import Testing

@testable import StellaDetection

@Suite struct DecodeAddressTests {
  private func client(_ text: String) -> String? {
    var text = text
    return text.withUTF8 { AddressSearch.client(in: $0).map { String(decoding: $0.text, as: UTF8.self) } }
  }

  @Test(
    arguments: [
      ("login failed from 203.0.113.1", "203.0.113.1"),
      ("rejected [203.0.113.1]:25 to 10.0.0.1", "203.0.113.1"),
      ("to 10.0.0.1 from 203.0.113.1", "203.0.113.1"),
      ("user=10.0.0.9 rhost=203.0.113.1", "203.0.113.1"),
      ("peer ::ffff:203.0.113.1 gone", "203.0.113.1"),
      ("client 2001:db8::1 failed", "2001:db8::1"),
      ("IP: 2001:db8::b6d3:95d7:1425:766d. Username: x", "2001:db8::b6d3:95d7:1425:766d"),
      ("2001:db8::1234:58430 [", "2001:db8::1234"),
      ("1.2.3.4.50550 0.0.0.0.1080: error", "1.2.3.4"),
      ("Login failed for x from 10.0.0.1 from 203.0.113.1. More", "203.0.113.1"),
      ("Access denied for user 'root'@'203.0.113.1' (x)", "203.0.113.1"),
    ])
  func `the client's address is found`(_ text: String, _ expected: String) { #expect(client(text) == expected) }

  @Test(
    arguments: [
      "at 08:00:00 all was well", "version 1.2.3.4.5.6", "mac 00:11:22:33:44:55", "std::vector<int> a::b", "999.1.1.1",
      "key 8c:e3:aa:0f:64:51:02:f7:14:79:89:3f:65:84:7c:30", "release 10.0.0.1-rc2x is out", "",
    ])
  func `what only looks like an address is not taken for one`(_ text: String) { #expect(client(text) == nil) }

  @Test func `addresses lose ports, brackets and mapping`() {
    func bare(_ text: String) -> String {
      var text = text
      return text.withUTF8 { String(decoding: AddressText.bare($0), as: UTF8.self) }
    }
    #expect(bare("1.2.3.4:80") == "1.2.3.4")
    #expect(bare("[2001:db8::1]:80") == "2001:db8::1")
    #expect(bare("::ffff:1.2.3.4") == "1.2.3.4")
    #expect(bare("fe80::1%eth0") == "fe80::1")
    #expect(bare("1.2.3.4/32") == "1.2.3.4")
    #expect(bare("example.com:80") == "example.com:80")
    #expect(bare("") == "")
  }
}
