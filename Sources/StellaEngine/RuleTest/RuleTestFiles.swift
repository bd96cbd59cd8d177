import StellaModel
import StellaScripting

/// The files that a run of tests is about.
struct RuleTestFiles {
  private(set) var rules: [RuleSource] = []
  private(set) var tests: [RuleSource] = []
  /// Rules in the directories of tests that were not asked for themselves; tests may use them.
  private(set) var neighbours: [RuleSource] = []
  private(set) var errors: [RuleError] = []

  /// Files that were read before.
  init(rules: [RuleSource], tests: [RuleSource], neighbours: [RuleSource]) {
    self.rules = rules
    self.tests = tests
    self.neighbours = neighbours
  }

  init(paths: [String]) {
    let (rules, ruleErrors) = RuleFiles.read(paths)
    var tests: [RuleSource] = []
    var testErrors: [RuleError] = []
    for path in paths {
      // A rule file stands for its test too, when there is one.
      if path.hasSuffix(".lua"), !path.hasSuffix("_test.lua") {
        tests += RuleFiles.readTests([path.dropLast(4) + "_test.lua"]).sources
      } else {
        let found = RuleFiles.readTests([path])
        tests += found.sources
        testErrors += found.errors
      }
    }
    var seen: Set<String> = []
    self.tests = tests.filter { seen.insert($0.file).inserted }
    var directories: [String] = []
    for test in self.tests {
      let directory = RuleTestFiles.directory(of: test.file)
      if !directories.contains(directory) { directories.append(directory) }
    }
    let asked = Set(rules.map(\.file))
    // `./a.lua` and `a.lua` would be two rules with one id; the first of an id counts.
    neighbours = RuleFiles.read(directories).sources.filter { !asked.contains($0.file) }
    self.rules = rules
    var known: Set<RuleError> = []
    errors = (ruleErrors + testErrors).filter { known.insert($0).inserted }
  }

  /// The directory of a file as a prefix for names beside it.
  private static func directory(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }

  /// Reads `name`, which may lie in a folder beside the test but not outside of it.
  static func fixture(_ name: String, beside file: String) throws(RuleTestFailure) -> [UInt8] {
    guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
      throw RuleTestFailure("a fixture lies beside its test: \(name)")
    }
    do throws(RuleError) {
      return try RuleFiles.readFixture(directory(of: file) + "/" + name)
    } catch {
      throw RuleTestFailure("\(error.file) \(error.message)")
    }
  }
}
