import Glibc

/// How many descriptors the process may have open.
package enum OpenFileLimit {
  /// What is asked for at most: more would make tables large that the kernel keeps.
  private static let wanted: rlim_t = 65_536

  /// Raises the limit to what the machine allows. Shells set it low for the sake of programs that use `select`.
  package static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    let raised = min(limit.rlim_max, wanted)
    guard raised > limit.rlim_cur else { return }
    limit.rlim_cur = raised
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
