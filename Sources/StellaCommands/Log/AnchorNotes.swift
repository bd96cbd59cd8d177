import StellaModel
import StellaRemediation

/// Says which anchors did not take a checkpoint.
enum AnchorNotes {
  static func print(_ sealing: LogSealer.Sealing, _ console: Console) {
    for failure in sealing.failures { console.note(text(failure)) }
  }

  static func text(_ failure: LogAnchorError) -> String {
    TextEscaping.oneLine("warning: the log's anchor \(failure)", limit: 500)
  }
}
