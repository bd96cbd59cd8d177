import ArgumentParser
import FoundationEssentials
import Glibc
import StellaDetection
import StellaEngine
import StellaModel

/// `stella rules stubs`: what an editor needs to know of rules.
struct RulesStubsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stubs", abstract: "Write files that tell an editor the names that rules, tests and fixes see.",
    discussion: """
      They are for the Lua language server (LuaLS), which most editors can run: names complete themselves, and a wrong \
      name or type is underlined. With a sample of a log, the fields of events are those of its lines, each with the types \
      that it has there; a field that some lines lack may be nil.

      Examples:
        stella rules stubs
        stella rules stubs --from /var/log/shop/app.log Rules/shop

      Written are .luals/*.lua, anew each time, and .luarc.json unless there is one: settings of your own are left alone, and \
      what they lack is said.

      Exit status: 0, 4 when .luarc.json lacks something or a file of that name is not Stella's.
      """)

  @Argument(help: "The directory of rules, which is what the editor opens.", completion: .directory)
  var directory = "Rules"

  @Option(
    name: .long, help: ArgumentHelp("A log whose events have the fields; - is standard input.", valueName: "file"),
    completion: .file())
  var from: String?

  @Option(
    name: .long,
    help: "How its lines are written: auto, json, journald, logfmt, syslog, combined, nginx-error or plain.")
  var format = LogFormat.auto

  @OptionGroup var result: OutputOptions

  func run() throws {
    guard EditorSettings.isDirectory(directory) else {
      throw CommandFailure(
        .usage, TextEscaping.oneLine("\(directory) is no directory. Name the one that your rules are in."))
    }
    let sample = try from.map { path in
      let sample = try EventSample(LogFile.read(path).bytes, name: path, format: format)
      guard sample.events > 0 else {
        throw CommandFailure(.usage, TextEscaping.oneLine("\(path) has no line that could be decoded."))
      }
      return sample
    }
    var written: [String] = []
    for (name, text) in EditorFiles.stubs(sample: sample) {
      let path = "\(directory)/\(EditorFiles.folder)/\(name)"
      if let old = EditorSettings.text(path), !EditorFiles.isStub(old) {
        throw CommandFailure(
          .conflict, TextEscaping.oneLine("\(path) is there and is not Stella's. Move it away, then run this again."))
      }
      try EditorSettings.makeDirectory("\(directory)/\(EditorFiles.folder)")
      try WrittenFile.write(Array(text.utf8), to: path)
      written.append(path)
    }
    let settings = "\(directory)/\(EditorFiles.settingsFile)"
    let present = EditorSettings.text(settings)
    if present == nil {
      try WrittenFile.write(Array(EditorFiles.settings.utf8), to: settings)
      written.append(settings)
    }
    tell(written, sample)
    let lacking = present.map(EditorSettings.lacking) ?? []
    guard lacking.isEmpty else {
      throw CommandFailure(
        .conflict,
        TextEscaping.oneLine(settings)
          + " is yours and stays as it is. For the stubs to be found and right, add to it:\n"
          + lacking.map { "  " + $0 }.joined(separator: ",\n"))
    }
  }

  private func tell(_ written: [String], _ sample: EventSample?) {
    let console = Console.standard
    switch result.output {
    case .json:
      for path in written {
        console.line(FieldValue.object([.init("kind", .string("written")), .init("file", .string(path))]).json)
      }
    case .table:
      if result.quiet { return }
      for path in written { console.line("wrote " + TextEscaping.oneLine(path)) }
      guard let sample else { return }
      console.line(
        "\(CountText.count(sample.fieldCount, "field")) of \(CountText.count(sample.events, "event"))"
          + (sample.failures > 0 ? ", \(CountText.count(sample.failures, "line")) could not be decoded" : ""))
    }
  }
}

/// The settings of the language server that are there.
private struct EditorSettings: Decodable {
  let version: String?
  let builtin: [String: String]?
  let library: [String]?

  private enum CodingKeys: String, CodingKey {
    case version = "runtime.version"
    case builtin = "runtime.builtin"
    case library = "workspace.library"
  }

  /// What `text` lacks of what the stubs need, as lines to add. Everything for a file that can't be understood.
  static func lacking(_ text: String) -> [String] {
    let present = try? JSONDecoder().decode(EditorSettings.self, from: Data(text.utf8))
    guard let wanted = try? JSONDecoder().decode(EditorSettings.self, from: Data(EditorFiles.settings.utf8)) else {
      return []
    }
    var lines: [String] = []
    if present?.version != wanted.version { lines.append("\"runtime.version\": \"\(wanted.version ?? "")\"") }
    let builtin = (wanted.builtin ?? [:]).filter { present?.builtin?[$0.key] != $0.value }.sorted { $0.key < $1.key }
    if !builtin.isEmpty {
      let pairs = builtin.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ")
      lines.append("\"runtime.builtin\": { \(pairs) }")
    }
    if present?.library?.contains(EditorFiles.folder) != true {
      lines.append("\"workspace.library\": [\"\(EditorFiles.folder)\"]")
    }
    return lines
  }

  static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  static func isDirectory(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
  }

  static func makeDirectory(_ path: String) throws(CommandFailure) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    throw CommandFailure(.failure, TextEscaping.oneLine("\(path) can't be made: \(String(cString: strerror(errno)))."))
  }
}
