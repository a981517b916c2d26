/// Goes through the lines of `SHOW ENGINE INNODB STATUS` in their sequence and collects the locks.
///
/// A statement's text can say anything and stands on lines of its own, so that a line about a lock only counts if it
/// names the transaction in whose entry it stands.
struct InnoDBLocksReader {
  private(set) var transactions: [InnoDBLocks.Transaction] = []
  /// Whether the section TRANSACTIONS is over.
  private(set) var isAtEnd = false

  private var isInSection = false
  /// Whether the lines tell of the lock that the transaction waits for.
  private var isInWait = false
  /// What the record lock whose records follow says of each of them.
  private var recordLock: ((Int) -> InnoDBLocks.Lock)?

  /// Takes the next line.
  mutating func read(_ line: Substring) {
    guard isInSection else {
      isInSection = line == "TRANSACTIONS"
      return
    }
    if line == "FILE I/O" {
      isAtEnd = true
    } else if let rest = line.after("---TRANSACTION ") {
      (isInWait, recordLock) = (false, nil)
      // An address in brackets stands where there is no id.
      let id = rest.hasPrefix("(") ? "0" : rest.prefix { $0.isNumber }
      transactions.append(InnoDBLocks.Transaction(id: id))
    } else if let last = transactions.indices.last {
      read(line, ofTransaction: last)
    }
  }

  private mutating func read(_ line: Substring, ofTransaction last: Int) {
    if let rest = line.after("MariaDB thread id ") ?? line.after("MySQL thread id ") {
      if transactions[last].session == nil {
        transactions[last].session = UInt64(rest.prefix { $0.isNumber })
      }
    } else if let rest = line.after("------- TRX HAS BEEN WAITING ") {
      transactions[last].waitMicroseconds = UInt64(rest.prefix { $0.isNumber })
      isInWait = true
    } else if line == "------------------" {
      isInWait = false
    } else if let rest = line.after("Record lock, heap no ") {
      guard let heap = Int(rest.prefix { $0.isNumber }), let recordLock else { return }
      add(recordLock(heap), to: last)
    } else if let rest = line.after("RECORD LOCKS space id ") {
      recordLock = Self.recordLock(rest, transaction: transactions[last].id)
    } else if let rest = line.after("TABLE LOCK table ") {
      recordLock = nil
      guard let lock = Self.tableLock(rest, transaction: transactions[last].id) else { return }
      add(lock, to: last)
    }
  }

  private mutating func add(_ lock: InnoDBLocks.Lock, to transaction: Int) {
    // It comes again in the list, if there is one.
    transactions[transaction].locks.append(lock)
    if !isInWait { transactions[transaction].isListed = true }
  }

  /// `5 page no 3 n bits 320 index PRIMARY of table `d`.`t` trx id 25 lock_mode X locks rec but not gap waiting`
  private static func recordLock(
    _ text: Substring, transaction: Substring
  ) -> ((Int) -> InnoDBLocks.Lock)? {
    let words = text.split(separator: " ", maxSplits: 4)
    guard words.count == 5, words[1] == "page", words[2] == "no",
      let (_, mode, flags) = parts(text, transaction: transaction)
    else { return nil }
    return { heap in
      InnoDBLocks.Lock(
        place: .record(space: words[0], page: words[3], heap: heap), mode: mode,
        isGap: flags.contains("gap before rec"), isRecordNotGap: flags.contains("rec but not gap"),
        isInsertIntention: flags.contains("insert intention"),
        isWaiting: flags.hasSuffix("waiting"))
    }
  }

  /// `` `d`.`t` trx id 25 lock mode IX ``
  private static func tableLock(
    _ text: Substring, transaction: Substring
  ) -> InnoDBLocks.Lock? {
    guard let (table, mode, flags) = parts(text, transaction: transaction) else { return nil }
    return InnoDBLocks.Lock(
      place: .table(table), mode: mode, isGap: false, isRecordNotGap: false,
      isInsertIntention: false, isWaiting: flags.hasSuffix("waiting"))
  }

  /// What stands before the transaction's id, the mode, and what follows it.
  private static func parts(
    _ text: Substring, transaction: Substring
  ) -> (Substring, InnoDBLocks.Mode, Substring)? {
    // A name could hold the same words; the last ones are the server's own.
    let mark = " trx id \(transaction) lock"
    guard let end = text.lastStart(of: mark) else { return nil }
    let rest = text[text.utf8.index(end, offsetBy: mark.utf8.count)...]
    // The server writes "lock_mode X", and "lock mode" before all others.
    guard let mode = rest.after(" mode ") ?? rest.after("_mode ") else { return nil }
    let word = mode.prefix { $0 != " " }
    guard let known = InnoDBLocks.Mode(rawValue: String(word)) else { return nil }
    return (text[..<end], known, mode.dropFirst(word.count))
  }
}

extension Substring {
  /// What follows these words at the beginning; `nil` if they are not there.
  fileprivate func after(_ words: StaticString) -> Substring? {
    let count = words.utf8CodeUnitCount
    guard
      words.withUTF8Buffer({ letters in
        utf8.count >= count && zip(utf8, letters).allSatisfy { $0 == $1 }
      })
    else { return nil }
    return self[utf8.index(startIndex, offsetBy: count)...]
  }

  /// Where some words begin for the last time.
  fileprivate func lastStart(of words: String) -> Index? {
    var rest = self
    while rest.utf8.count >= words.utf8.count {
      if rest.hasSuffix(words) {
        return rest.utf8.index(rest.endIndex, offsetBy: -words.utf8.count)
      }
      rest = rest[..<rest.utf8.index(before: rest.endIndex)]
    }
    return nil
  }
}
