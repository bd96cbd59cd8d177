import ArgumentParser
import Glibc
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel

/// The options of every verb that reads logs.
package struct SourceOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Files and quoted patterns such as 'logs/*.log'; - is standard input.", valueName: "file"),
    completion: .file())
  package var files: [String] = []

  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  package var config: String?

  @Option(
    name: .long, help: "How lines are written: auto, json, journald, logfmt, syslog, combined, nginx-error or plain.")
  package var format: LogFormat?

  @Flag(name: .long, inversion: .prefixedNo, help: "Go on at the end of the input and wait for more.")
  package var follow = true

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where reading begins: start, end or checkpoint. Default: start with --no-follow, else the checkpoint, else the end."
    ))
  package var from: FileSet.From?

  @Option(name: .long, help: "The zone of times without one, such as Europe/Berlin or +02:00. Default: UTC.")
  package var tz: String?

  @Option(name: .long, help: "The year of times without one. Default: of the file's last change.")
  package var year: Int?

  package init() {}

  package func validate() throws {
    if let year, !(1970...2200).contains(year) { throw ValidationError("--year \(year) is not from 1970 to 2200.") }
  }

  /// What is to be read: the files, else the configuration's sources, else standard input when it is no terminal.
  ///
  /// - Parameters:
  ///   - takesStandardInput: whether that is read without being named; a daemon has none to speak of.
  ///   - listens: whether there may be nothing to read, as events come otherwise.
  ///   - verb: whose options these are, for what is said when there is nothing to read.
  func inputs(
    _ configuration: Configuration, takesStandardInput: Bool = true, listens: Bool = false, verb: String = "watch"
  ) throws -> [WatchOptions.Input] {
    let start = from ?? (follow ? FileSet.From.checkpoint : .start)
    if !files.isEmpty {
      return [
        .init(
          paths: files, format: format ?? .auto, zone: try zone(tz, place: "--tz"), year: year, from: start)
      ]
    }
    if !configuration.sources.isEmpty {
      return try configuration.sources.map { source in
        WatchOptions.Input(
          paths: source.paths, format: format ?? LogFormat(rawValue: source.format) ?? .auto,
          zone: try zone(tz ?? source.timeZone, place: "\(source.place)"), year: year ?? source.year,
          service: source.service, from: from ?? source.from.flatMap(FileSet.From.init(rawValue:)) ?? start)
      }
    }
    guard takesStandardInput else {
      if listens { return [] }
      throw CommandFailure(
        .usage,
        "nothing to read. Name a file (stella serve app.log), list `sources:` in stella.yaml, or have it `listen` there."
      )
    }
    if isatty(STDIN_FILENO) == 1 {
      throw CommandFailure(
        .usage,
        "nothing to read. Name a file (stella \(verb) app.log), pipe into it (journalctl -f | stella \(verb)), or list "
          + "`sources:` in stella.yaml.")
    }
    return [
      .init(paths: ["-"], format: format ?? .auto, zone: try zone(tz, place: "--tz"), year: year, from: start)
    ]
  }

  private func zone(_ name: String?, place: String) throws -> ZoneRules {
    guard let name else { return .utc }
    guard let zone = TimeZones.rules(name) else {
      throw CommandFailure(
        .usage, "\(place): there is no time zone \(name). Use an IANA name such as Europe/Berlin, or +02:00.")
    }
    return zone
  }
}

extension LogFormat: ExpressibleByArgument {}
extension FileSet.From: ExpressibleByArgument {}
