import StellaDetection

/// What is taken out of the records of a ``LogBuffer`` when they are read. One thread uses it.
final class RecordMasking {
  let masking: Masking
  private let masker: Masker
  private let allowsParts: Bool

  init(_ masking: Masking) {
    self.masking = masking
    masker = Masker(masking)
    allowsParts = masking.allowsParts(LogRecordText.ownNames)
  }

  /// The line that `text` has, masked; nil when there is nothing to mask.
  func masked(_ text: inout LogRecordText) -> [UInt8]? {
    if allowsParts, !text.mayHold(masking) { return nil }
    return masker.maskedLines(Array(text.json.line))
  }

  /// Lines that were appended as such, masked.
  func masked(_ lines: [UInt8]) -> [UInt8] { masker.maskedLines(lines) }
}
