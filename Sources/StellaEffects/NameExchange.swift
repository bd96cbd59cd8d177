import CStellaProcess

/// Lets two names of one file system change places.
package enum NameExchange {
  /// At once or not at all.
  ///
  /// - Returns: 0, or an errno: `ENOSYS`, `EINVAL` or `ENOTSUP` where the system or the file system can't.
  package static func exchange(_ one: String, _ other: String) -> Int32 { stella_names_exchange(one, other) }
}
