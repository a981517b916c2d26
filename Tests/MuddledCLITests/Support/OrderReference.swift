/// Every merge of clients with so many steps each, in lexicographic sequence: an independent, plain reference.
///
/// A merge names the client of each slot, from 1.
func allMerges(_ counts: [Int]) -> [[String]] {
  guard counts.contains(where: { $0 > 0 }) else { return [[]] }
  var merges: [[String]] = []
  for client in counts.indices where counts[client] > 0 {
    var rest = counts
    rest[client] -= 1
    merges += allMerges(rest).map { ["\(client + 1)"] + $0 }
  }
  return merges
}

extension Array {
  /// The elements in pieces of one length; the last may be shorter.
  func inBlocks(of length: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: length).map { self[$0..<Swift.min($0 + length, count)] }
  }
}
