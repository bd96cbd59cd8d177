/// Which lines of a rule's own functions ran in its tests.
package struct LineCoverage: Sendable, Hashable {
  /// The lines that can run, ascending; none for a rule without functions.
  package let executable: [Int]
  /// Those of them that ran, ascending.
  package let run: [Int]

  init(executable: [Int], run: Set<Int>) {
    self.executable = executable
    self.run = executable.filter(run.contains)
  }

  /// The lines that never ran, ascending.
  package var missed: [Int] {
    let run = Set(run)
    return executable.filter { !run.contains($0) }
  }
}
