import StellaDetection
import StellaModel
import StellaScripting

/// Converts Sigma documents into native rules, and says of each what became of it.
///
/// Pure: files are read and written elsewhere. The produced rules are loaded by the real loader, whose scripts run, so it
/// runs where rules may run.
package struct SigmaImport {
  /// In the order in which they are asked whether they know a log source.
  package let mappings: [FieldMapping]
  /// Values by the name of the placeholder.
  package let placeholders: [String: [String]]

  package init(mappings: [FieldMapping], placeholders: [String: [String]] = [:]) {
    self.mappings = mappings
    self.placeholders = placeholders
  }

  /// Converts all documents of `files`, which may refer to each other.
  ///
  /// - Parameter files: paths relative to where the import began, and their texts.
  /// - Returns: one entry for each document, in the order of the files.
  package func run(_ files: [(path: String, text: String)]) -> [ImportedRule] {
    var documents: [(metadata: SigmaMetadata, result: Result<SigmaDocument, SigmaRefusal>)] = []
    for file in files { documents += SigmaDocument.read(file.text, file: file.path) }
    let library = SigmaLibrary(documents.compactMap { try? $0.result.get() })
    let converter = RuleConverter(library: library, mappings: mappings, placeholders: placeholders)
    var results: [ImportedRule] = []
    var names = OutputNames()
    var files: [String: String] = [:]
    for (metadata, result) in documents {
      var imported = ImportedRule(metadata: metadata)
      do throws(SigmaRefusal) {
        let document = try result.get()
        switch document {
        case .filter(let filter):
          imported.kind = .filter
          imported.outcome = .absorbed(by: library.rules(of: filter).map(\.metadata.title))
          if library.rules(of: filter).isEmpty {
            imported.notes = ["none of the rules it names is among the files"]
          }
        case .rule, .correlation:
          if case .correlation = document { imported.kind = .correlation }
          let users = library.users(of: document)
          if !users.isEmpty, !users.contains(where: \.generates) {
            imported.outcome = .absorbed(by: users.map(\.metadata.title))
          } else {
            var written: [ImportedRule.File] = []
            let drafts = try converter.drafts(document)
            for draft in drafts {
              var draft = draft
              if let number = names.repetition(of: draft.id, in: metadata.file) { draft.id += "-\(number)" }
              if let other = files[draft.id] {
                throw SigmaRefusal(
                  .duplicate, "the id \(draft.id) belongs to \(other) already", "Give each rule an id of its own.",
                  line: metadata.line)
              }
              let file = ImportedRule.File(
                path: names.path(for: metadata.file), text: RuleWriter.text(draft), id: draft.id)
              for note in try draft.notes + RuleProof.notes(file.text, of: draft, file: file.path)
              where !imported.notes.contains(note) { imported.notes.append(note) }
              written.append(file)
            }
            for file in written { files[file.id] = metadata.file }
            imported.id = written.first?.id
            imported.outcome = .converted(written)
          }
        }
      } catch {
        var refusal = error
        refusal.file = metadata.file
        imported.outcome = .refused(refusal)
      }
      results.append(imported)
    }
    return results
  }
}

/// What became of one Sigma document.
package struct ImportedRule: Sendable {
  package enum Kind: String, Sendable {
    case rule, correlation, filter
  }

  package struct File: Sendable {
    /// Relative to the directory of the output.
    package var path: String
    package var text: String
    /// Of the native rule.
    package var id: String
  }

  package enum Outcome: Sendable {
    /// Nearly always one file.
    case converted([File])
    /// It makes no rule of its own: the titles of those that it is part of.
    case absorbed(by: [String])
    case refused(SigmaRefusal)
  }

  package var metadata: SigmaMetadata
  package var kind = Kind.rule
  package var id: String?
  package var outcome = Outcome.absorbed(by: [])
  /// What a person should know of a conversion that differs from what the rule says.
  package var notes: [String] = []

  init(metadata: SigmaMetadata) {
    self.metadata = metadata
    id = metadata.id
  }

  package var isConverted: Bool { if case .converted = outcome { true } else { false } }

  /// What it was converted to.
  package var files: [File] { if case .converted(let files) = outcome { files } else { [] } }

  package var refusal: SigmaRefusal? { if case .refused(let refusal) = outcome { refusal } else { nil } }
}

/// Gives each rule a file of its own.
private struct OutputNames {
  private var used: Set<String> = []
  private var ids: [String: Int] = [:]

  /// `a/b.yml` as `a/b.lua`, the next of the same file as `a/b-2.lua`.
  mutating func path(for source: String) -> String {
    var base = source
    for suffix in [".yml", ".yaml", ".sigma"] where base.hasSuffix(suffix) {
      base = String(base.dropLast(suffix.count))
    }
    var path = base + ".lua"
    var number = 2
    while !used.insert(path).inserted {
      path = "\(base)-\(number).lua"
      number += 1
    }
    return path
  }

  /// The documents of an old collection share an id: the number of this one, from 2.
  mutating func repetition(of id: String, in file: String) -> Int? {
    let key = "\(file) \(id)"
    ids[key, default: 0] += 1
    return ids[key].flatMap { $0 > 1 ? $0 : nil }
  }
}
