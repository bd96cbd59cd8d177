/// What credentials look like, and what the names of secret values end with.
enum CredentialForms {
  /// Keys that some service gives out.
  struct Key {
    let beginning: StaticString
    /// Bytes that it has at least, with its beginning.
    let least: Int
  }

  /// By their first letter, in lower case, which tells most words.
  static let keys: [[Key]] = {
    let lengths: [(least: Int, beginnings: [StaticString])] = [
      (30, ["AIza"]), (20, ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"]),
      (15, ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xapp-"]),
      (20, ["sk_live_", "sk_test_", "sk-", "shpat_", "SG."]),
      (20, ["rk_live_", "rk_test_", "pk_live_", "pypi-", "npm_", "hf_", "dop_v1_"]),
    ]
    var keys = [[Key]](repeating: [], count: 26)
    for (least, beginnings) in lengths {
      for beginning in beginnings {
        keys[Int(beginning.utf8Start.pointee | 0x20) - 97].append(Key(beginning: beginning, least: least))
      }
    }
    return keys
  }()

  /// The key ids of Amazon, 20 capitals and digits.
  static let amazon: [StaticString] = ["AKIA", "ASIA", "ABIA", "ACCA", "AROA", "AIDA"]
  /// A JSON web token (RFC 7519) begins with `{"` in base64url.
  static let webToken: StaticString = "eyJ"
  /// Schemes of authentication (RFC 6750, RFC 7617), in whatever case, before a credential.
  static let schemes: [StaticString] = ["bearer", "basic"]

  /// By their last letter, which tells most names.
  static let secretNames: [[[UInt8]]] = [
    "password", "passwd", "pwd", "passphrase", "secret", "token", "api_key", "apikey", "access_key", "accesskey",
    "secret_key", "secretkey", "private_key", "privatekey", "authorization", "credential", "session_id", "sessionid",
  ].reduce(into: [[[UInt8]]](repeating: [], count: 26)) { names, name in
    if let last = name.utf8.last { names[Int(last - 97)].append(Array(name.utf8)) }
  }
}
