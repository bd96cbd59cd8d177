/// Text that must not be shown, such as an address with a password in it: printing, interpolating or dumping it tells
/// nothing.
package struct ConcealedText: Sendable, Hashable {
  package let text: String

  package init(_ text: String) { self.text = text }
}

extension ConcealedText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "concealed" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
