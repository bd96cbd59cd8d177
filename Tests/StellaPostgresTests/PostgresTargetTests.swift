#if Postgres
  import Foundation
  import StellaModel
  import StellaTesting
  import Testing

  @testable import StellaPostgres

  /// Against a real server; `Scripts/test-traits.sh` starts one and says where.
  @Suite("A PostgreSQL target")
  struct PostgresTargetTests {
    @Test("It keeps the promises of every database target", arguments: SQLTargetPromise.allCases)
    func keeps(promise: SQLTargetPromise) throws { try promise.prove(on: PostgresBench()) }
  }
#endif
