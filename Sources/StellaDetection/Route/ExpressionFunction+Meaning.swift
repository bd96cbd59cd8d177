extension ExpressionFunction {
  /// One sentence for the reference page.
  package var meaning: String {
    switch self {
    case .oneOf: "The field equals one of the constants; opposite `level`, names of levels."
    case .contains: "The text of the field has this text in it."
    case .startswith: "The text of the field begins with it."
    case .endswith: "The text of the field ends with it."
    case .icontains: "As `contains`, whatever the case of A–Z."
    case .istartswith: "As `startswith`, whatever the case of A–Z."
    case .iendswith: "As `endswith`, whatever the case of A–Z."
    case .iequals: "The text of the field is this text, whatever the case of A–Z."
    case .matches: "A regular expression (RE2 syntax, linear time) matches somewhere in the text; anchor with ^ and $."
    case .cidr: "The field is an IPv4 or IPv6 address within one of the networks."
    case .field: "The field of that name, for names that Lua can't write; stands where a field stands."
    }
  }
}
