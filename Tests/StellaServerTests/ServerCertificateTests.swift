import Foundation
import StellaModel
import Testing

@testable import StellaServer

@Suite("The certificate of a server")
struct ServerCertificateTests {
  private static let program = "/usr/bin/openssl"

  private func said(_ certificate: String, _ key: String) -> String? {
    do throws(CommandFailure) {
      _ = try ServerCertificate.configuration(certificate: certificate, key: key)
      return nil
    } catch {
      #expect(error.status == .usage)
      return error.message
    }
  }

  @Test("A file that isn't there, has nothing of the kind in it, or doesn't fit is named, in plain words")
  func files() throws {
    let folder = NSTemporaryDirectory() + "stella-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (none, empty) = (folder + "/none.pem", folder + "/empty.pem")
    try "no certificate\n".write(toFile: empty, atomically: true, encoding: .utf8)
    chmod(empty, 0o600)
    #expect(said(none, none) == "\(none) can't be read: No such file or directory.")
    #expect(said(empty, empty)?.hasPrefix("\(empty): there is no certificate") == true)
    guard FileManager.default.isExecutableFile(atPath: Self.program) else {
      print("left out: there is no openssl program")
      return
    }
    for name in ["a", "b"] {
      let made = Process()
      made.executableURL = URL(fileURLWithPath: Self.program)
      made.standardError = FileHandle.nullDevice
      made.arguments = [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        "/CN=stella test", "-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).crt",
      ]
      try made.run()
      made.waitUntilExit()
      try #require(made.terminationStatus == 0)
      chmod("\(folder)/\(name).key", 0o600)
    }
    #expect(said("\(folder)/a.crt", "\(folder)/a.key") == nil)
    #expect(said("\(folder)/a.crt", empty) == "\(empty): there is no key without a password in PEM in it.")
    #expect(
      said("\(folder)/a.crt", "\(folder)/b.key")
        == "\(folder)/b.key: this is not the key of the certificate in \(folder)/a.crt.")
  }
}
