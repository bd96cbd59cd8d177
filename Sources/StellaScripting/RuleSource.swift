/// The text of one rule file.
package struct RuleSource: Sendable, Hashable {
  /// As it is named in messages.
  package var file: String
  package var text: [UInt8]

  package var lineCount: Int { text.count { $0 == UInt8(ascii: "\n") } + 1 }

  package init(file: String, text: [UInt8]) {
    self.file = file
    self.text = text
  }
}
