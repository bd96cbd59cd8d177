extension Duration {
  /// At most the greatest that fits.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflow || carried ? .max : sum
  }

  var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
