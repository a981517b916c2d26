/// Every list of positive numbers with this sum, which stands for clients and their steps.
func shapes(ofSteps sum: Int) -> [[Int]] {
  if sum == 0 { return [[]] }
  return (1...sum).flatMap { first in shapes(ofSteps: sum - first).map { [first] + $0 } }
}

/// `(Σn)! / Πn!` by the plain formula, for sums that are small enough for it.
func multinomial(_ shape: [Int]) -> UInt128 {
  func factorial(_ number: Int) -> UInt128 {
    (0..<number).reduce(1) { $0 * UInt128($1 + 1) }
  }
  return factorial(shape.reduce(0, +)) / shape.reduce(1) { $0 * factorial($1) }
}
