/// The ``FieldTable`` of an engine, shared by what compiles rules and by scripts that read a field nobody declared.
package final class FieldRegister {
  package var table = FieldTable()

  package init() {}
}
