extension NamedValues {
  /// The values of these names, which must all be there.
  func picking(_ names: [String]) -> NamedValues { filter { name in names.contains { $0.utf8.elementsEqual(name.utf8) } } }

  /// With the values of `other` in place of those of the same names.
  func replacing(with other: NamedValues) -> NamedValues { mapValues { other[$0.name] ?? $0.value } }

  /// Both together; what is in both is `other`'s.
  func merging(_ other: NamedValues) -> NamedValues {
    let kept = filter { other[$0] == nil }
    do throws(DuplicateName) {
      return try NamedValues(kept.members + other.members)
    } catch {
      preconditionFailure("\(error.name) was filtered out")
    }
  }
}

extension [String] {
  /// Without repetitions, in the order of their first occurrence. O(n²); columns are few.
  var distinct: [String] {
    var seen: [String] = []
    for name in self where !seen.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { seen.append(name) }
    return seen
  }
}
