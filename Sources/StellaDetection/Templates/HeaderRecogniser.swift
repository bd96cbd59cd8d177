/// Finds out what the lines of one source begin with before their messages: times, levels, processes and the like.
///
/// The first ``sampleLines`` lines are cut into columns. Columns that hold a time or a level in nearly all of them are
/// anchors; the header goes on to the last anchor, and past it over columns that nearly always are a bracketed group, a
/// name with a colon, a number, a separator, or are ended by `|` or by alignment. A name with a colon before a figure is none
/// of the header: it says what was measured. Where nothing is an anchor there is no header. A line whose anchors aren't where they belong, such as one of a stack trace, has none either.
package final class HeaderRecogniser {
  package static let sampleLines = 256
  /// Tenths of the lines that must agree.
  private static let agreement = 9
  /// Columns among which a line's time stands when it has a header at all.
  private static let timeReach = 3
  /// Columns behind the last sure one in which a dash may end the header.
  private static let dashReach = 3

  private enum Element: Equatable {
    case kind(HeaderColumn.Kind)
    case piped, padded, any, toDash
  }

  private var anchors: [(column: Int, kind: HeaderColumn.Kind)] = []
  private var tail: [Element] = []
  private var samples: [[HeaderColumn]] = []

  package init() {}

  /// Adds a line to the sample.
  package func learn(_ line: UnsafeBufferPointer<UInt8>) {
    var columns: [HeaderColumn] = []
    var place = 0
    while columns.count < HeaderColumn.limit, let column = HeaderColumn.read(line, from: place) {
      columns.append(column)
      place = column.next
    }
    if !columns.isEmpty { samples.append(columns) }
  }

  /// Decides by the sample what the header is, and forgets it.
  package func decide() {
    defer { samples = [] }
    // Where lines begin with a time, those that don't go on from one before and say nothing of the header.
    let stamped = samples.filter { $0.prefix(HeaderRecogniser.timeReach).contains { $0.kind == .time } }
    if stamped.count * 2 >= samples.count { samples = stamped }
    let kinds: [HeaderColumn.Kind] = [.time, .level, .levelLetter]
    for column in 0..<HeaderColumn.limit {
      // A letter alone is a level only behind a time.
      guard let kind = kinds.first(where: { isAgreed(column, $0) && ($0 != .levelLetter || !anchors.isEmpty) })
      else { continue }
      anchors.append((column, kind))
    }
    guard let last = anchors.last else { return }
    var column = last.column + 1
    while column < HeaderColumn.limit, let element = element(column) {
      tail.append(element)
      column += 1
    }
    let isDashed = isAgreed { sample in
      sample.indices.contains { $0 >= column && $0 < column + HeaderRecogniser.dashReach && sample[$0].isDash }
    }
    if isDashed { tail.append(.toDash) }
  }

  private func element(_ column: Int) -> Element? {
    if isMeasure(column) { return nil }
    for kind in [HeaderColumn.Kind.bracketed, .named, .separator, .number] where isAgreed(column, kind) {
      return .kind(kind)
    }
    if isAgreed({ $0.count > column && $0[column].isPiped }) { return .piped }
    if isAgreed({ $0.count > column && $0[column].isPadded }) { return .padded }
    // A host or a logger stands before what tells itself.
    for kind in [HeaderColumn.Kind.bracketed, .named, .separator] where isAgreed(column + 1, kind) {
      return isMeasure(column + 1) ? nil : .any
    }
    return nil
  }

  private func isMeasure(_ column: Int) -> Bool {
    isAgreed { $0.count > column + 1 && $0[column].kind == .named && $0[column + 1].isFigure }
  }

  private func isAgreed(_ column: Int, _ kind: HeaderColumn.Kind) -> Bool {
    isAgreed { $0.count > column && $0[column].kind == kind }
  }

  private func isAgreed(_ holds: ([HeaderColumn]) -> Bool) -> Bool {
    !samples.isEmpty && samples.count(where: holds) * 10 >= samples.count * HeaderRecogniser.agreement
  }

  /// The line without its header. O(bytes of the header).
  package func message(of line: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    guard let last = anchors.last else { return line }
    var place = 0
    var anchor = 0
    for index in 0...last.column {
      guard let column = HeaderColumn.read(line, from: place) else { return line }
      if anchors[anchor].column == index {
        if column.kind != anchors[anchor].kind { return line }
        anchor += 1
      }
      place = column.next
    }
    for element in tail {
      guard let column = HeaderColumn.read(line, from: place) else { break }
      switch element {
      case .kind(.separator):
        // An optional word may push it back, as `name *64 -`.
        guard let end = dash(line, from: place) ?? (column.kind == .separator ? column.next : nil) else {
          return rest(line, place)
        }
        place = end
      case .toDash: place = dash(line, from: place) ?? place
      case .kind(let kind):
        if column.kind != kind { return rest(line, place) }
        place = column.next
      case .piped:
        if !column.isPiped { return rest(line, place) }
        place = column.next
      case .padded, .any: place = column.next
      }
    }
    return rest(line, place)
  }

  private func dash(_ line: UnsafeBufferPointer<UInt8>, from place: Int) -> Int? {
    var place = place
    for _ in 0..<HeaderRecogniser.dashReach {
      guard let column = HeaderColumn.read(line, from: place) else { return nil }
      place = column.next
      if column.isDash { return place }
    }
    return nil
  }

  private func rest(_ line: UnsafeBufferPointer<UInt8>, _ place: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: line[min(place, line.count)...])
  }
}
