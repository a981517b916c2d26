import MuddledCore

/// What a C programmer would write for this one purpose: raw memory, nothing checked, nothing kept.
func bareLoop(_ space: OrderSpace) -> UInt64 {
  let count = space.slotCount
  let slots = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
  defer { slots.deallocate() }
  var filled = 0
  for (client, steps) in space.stepCounts.enumerated() {
    (slots + filled).initialize(repeating: UInt8(client), count: steps)
    filled += steps
  }
  var sum: UInt64 = 0
  while true {
    sum = mix(sum, slots[0], slots[count - 1])
    var tail = count - 1
    while tail > 0, slots[tail - 1] >= slots[tail] { tail &-= 1 }
    if tail == 0 { return sum }
    var successor = count - 1
    while slots[successor] <= slots[tail - 1] { successor &-= 1 }
    (slots[tail - 1], slots[successor]) = (slots[successor], slots[tail - 1])
    var (low, high) = (tail, count - 1)
    while low < high {
      (slots[low], slots[high]) = (slots[high], slots[low])
      low &+= 1
      high &-= 1
    }
  }
}
