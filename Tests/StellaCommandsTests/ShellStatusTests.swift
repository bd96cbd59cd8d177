import ArgumentParser
import Foundation
import StellaConfiguration
import StellaEngine
import StellaModel
import Testing

@testable import StellaCommands

@Suite("Exit statuses")
struct ShellStatusTests {
  struct Other: Error {}

  @Test("Each kind of error has its status")
  func mapping() {
    let place = ConfigurationPlace(file: "stella.yaml", line: 1, column: 1)
    let cases: [(any Error, CommandStatus)] = [
      (CommandStatus.findings, .findings), (CommandFailure(.frozen, "frozen"), .frozen),
      (ConfigurationError([.init(.unknownKey, at: place, "x")]), .usage),
      (SourceError(.notFound, path: "a", message: "x"), .notFound),
      (SourceError(.notReadable, path: "a", message: "x"), .usage),
      (SourceError(.notPermitted, path: "a", message: "x"), .failure),
      (SourceError(.inputOutput, path: "a", message: "x"), .failure),
      (StoreError(.locked, path: "a", message: "x"), .failure),
      (StoreError(.corrupt, path: "a", message: "x"), .integrity),
      (ValidationError("x"), .usage), (CleanExit.helpRequest(), .done), (Other(), .failure),
    ]
    for (error, status) in cases { #expect(FailureReport(error).status == status, "\(error)") }
    #expect(FailureReport(CommandStatus.findings).message.isEmpty)
    #expect(FailureReport(CommandFailure(.frozen, "all is frozen")).message == "stella: all is frozen")
  }

  @Test("The numbers are those of the documentation")
  func numbers() {
    #expect(CommandStatus.allCases.map(\.rawValue) == Array(0...11) + [130])
  }

  /// Runs the built command, as a shell would.
  func stella(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    let directory = try #require(
      CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent() })
    process.executableURL = directory.appendingPathComponent("stella")
    process.arguments = arguments
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let problems = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, problems)
  }

  @Test("Version and help are answers: standard output, status 0")
  func answers() throws {
    let version = try stella(["--version"])
    #expect(version.status == 0 && version.output == StellaVersion.current + "\n" && version.errors.isEmpty)
    let help = try stella(["--help"])
    #expect(help.status == 0 && help.output.contains("USAGE: stella") && help.errors.isEmpty)
  }

  @Test("A usage error is status 3, on standard error, with its control characters escaped")
  func usage() throws {
    let result = try stella(["--no-such-option\u{1b}[31m"])
    #expect(result.status == 3 && result.output.isEmpty)
    #expect(result.errors.contains("--no-such-option") && !result.errors.contains("\u{1b}"))
  }
}
