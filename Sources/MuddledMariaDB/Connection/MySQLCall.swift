/// A call of the library that may have to wait for the server: begun, and carried on with each event.
///
/// libmariadb has a `_start` and a `_cont` function for every such call. Both return the events to
/// wait for, or 0 once the call is done; only then they give its code.
final class MySQLCall<Answer> {
  /// The events that the call waited for when it was begun; none if it was done at once.
  let wanted: MySQLEvents
  private var code: Int32
  /// Lives as long as the call.
  private let memory: AnyObject?
  private let carryOn: (inout Int32, Int32) -> Int32
  private let meaning: (Int32) -> Answer

  /// Begins a call.
  ///
  /// - Parameters:
  ///   - memory: what the library reads as long as the call goes on.
  ///   - start: the `_start` function, which is called here.
  ///   - resume: the `_cont` function.
  ///   - answer: what the call's code means.
  init(
    reading memory: AnyObject? = nil,
    start: (inout Int32) -> Int32,
    resume: @escaping (inout Int32, Int32) -> Int32,
    answer: @escaping (Int32) -> Answer
  ) {
    var code: Int32 = 0
    wanted = MySQLEvents(rawValue: start(&code))
    self.code = code
    self.memory = memory
    carryOn = resume
    meaning = answer
  }

  /// Goes on after a wait.
  ///
  /// - Parameter events: those that came.
  /// - Returns: the events to wait for; none if the call is done.
  func resume(_ events: MySQLEvents) -> MySQLEvents {
    MySQLEvents(rawValue: carryOn(&code, events.rawValue))
  }

  /// What came of the call, once it is done and before another is begun.
  var answer: Answer { meaning(code) }
}

/// Copies of texts that end in a zero, for calls that read them while they go on.
final class CTexts {
  private let copies: [UnsafeMutablePointer<CChar>?]

  init(_ texts: String?...) {
    copies = texts.map { text in
      text?.utf8CString.withUnsafeBufferPointer { bytes in
        let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
        _ = copy.initialize(from: bytes)
        return copy.baseAddress
      }
    }
  }

  deinit {
    for copy in copies { copy?.deallocate() }
  }

  subscript(index: Int) -> UnsafePointer<CChar>? { UnsafePointer(copies[index]) }
}
