import Foundation

/// A certificate for 127.0.0.1 of the openssl program's making, in a directory that a test has for itself.
final class TestCertificate: Sendable {
  let directory: String
  var certificate: String { directory + "/cert.pem" }
  var key: String { directory + "/key.pem" }

  /// Nil, told in a line, where there is no openssl program.
  init?() throws {
    let program = "/usr/bin/openssl"
    guard FileManager.default.isExecutableFile(atPath: program) else {
      print("left out: the openssl program isn't there")
      return nil
    }
    directory = NSTemporaryDirectory() + "stella-certificate-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let make = Process()
    make.executableURL = URL(fileURLWithPath: program)
    make.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=stella test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", directory + "/key.pem",
      "-out", directory + "/cert.pem",
    ]
    make.standardError = FileHandle.nullDevice
    try make.run()
    make.waitUntilExit()
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }
}
