/// The version that `--version` prints.
package enum StellaVersion {
  package static let current = "0.1.0"
}
