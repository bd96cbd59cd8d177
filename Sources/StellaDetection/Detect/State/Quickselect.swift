/// Order statistics of a buffer of numbers, none of them NaN, without sorting it whole.
///
/// C. A. R. Hoare: Algorithm 65: Find, CACM 4(7), 1961; the pivot is the median of the first, middle and last. O(n) on
/// average. The buffer is reordered.
enum Quickselect {
  /// The number that would stand at `rank`, from 0, if the buffer were sorted.
  static func value(at rank: Int, of numbers: UnsafeMutableBufferPointer<Double>) -> Double {
    var low = 0
    var high = numbers.count - 1
    while low < high {
      let middle = low + (high - low) / 2
      if numbers[middle] < numbers[low] { numbers.swapAt(middle, low) }
      if numbers[high] < numbers[low] { numbers.swapAt(high, low) }
      if numbers[high] < numbers[middle] { numbers.swapAt(high, middle) }
      let pivot = numbers[middle]
      var left = low
      var right = high
      while left <= right {
        while left < high, numbers[left] < pivot { left += 1 }
        while right > low, pivot < numbers[right] { right -= 1 }
        if left > right { break }
        numbers.swapAt(left, right)
        left += 1
        right -= 1
      }
      if rank <= right { high = right } else if rank >= left { low = left } else { break }
    }
    return numbers[rank]
  }

  /// The median; the mean of the two middle ones of an even number. `numbers` is not empty.
  static func median(of numbers: UnsafeMutableBufferPointer<Double>) -> Double {
    let upper = value(at: numbers.count / 2, of: numbers)
    if !numbers.count.isMultiple(of: 2) { return upper }
    // What lies before is not greater; the greatest of it is the lower one.
    var lower = numbers[0]
    for position in 0..<numbers.count / 2 { lower = max(lower, numbers[position]) }
    return lower + (upper - lower) / 2
  }
}
