/// The ``FieldTable`` of an engine, shared by what compiles rules and by scripts that read a field nobody declared.
package final class FieldRegister {
  package var table = FieldTable()
  /// Of the hash of keys, so that nobody can write logs whose keys collide. Results don't depend on it.
  package let keySeed: UInt64

  package init(keySeed: UInt64 = 0) { self.keySeed = keySeed }
}
