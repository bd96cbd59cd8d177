import StellaModel

@testable import StellaRemediation

/// Everything a plan's content holds, found by reflection, so that a field added later can't be forgotten by a test.
enum PlanLeaves {
  /// Paths such as `effects[0].effect.sqlUpdate.table`, with what stands there.
  static func of(_ content: PlanContent) -> [String: String] {
    var leaves: [String: String] = [:]
    collect(content, "", into: &leaves)
    return leaves
  }

  private static func collect(_ value: Any, _ path: String, into leaves: inout [String: String]) {
    switch value {
    case let digest as ContentDigest: leaves[path] = digest.description
    case let text as String: leaves[path] = "text \(Array(text.utf8))"
    case let values as NamedValues:
      leaves[path + "#"] = "\(values.count)"
      for (index, member) in values.enumerated() {
        leaves["\(path)[\(index)].name"] = "\(Array(member.name.utf8))"
        collect(member.value, "\(path)[\(index)]", into: &leaves)
      }
    case let double as Double: leaves[path] = "double \(EffectValue.bits(of: double))"
    default:
      let mirror = Mirror(reflecting: value)
      guard !mirror.children.isEmpty || mirror.displayStyle == .collection else {
        leaves[path] = "\(type(of: value)) \(value)"
        return
      }
      if mirror.displayStyle == .collection { leaves[path + "#"] = "\(mirror.children.count)" }
      if mirror.displayStyle == .enum { leaves[path + "?"] = mirror.children.first?.label ?? "" }
      for (index, child) in mirror.children.enumerated() {
        let name = mirror.displayStyle == .collection ? "[\(index)]" : "." + (child.label ?? "\(index)")
        collect(child.value, path + name, into: &leaves)
      }
    }
  }

  /// The paths at which the two differ.
  static func changed(_ a: PlanContent, _ b: PlanContent) -> Set<String> {
    let (a, b) = (of(a), of(b))
    return Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }
  }
}
