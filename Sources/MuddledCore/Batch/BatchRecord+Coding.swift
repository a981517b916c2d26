extension BatchRecord {
  /// The version of the form below; a batch's nodes must all write the same one.
  static let version: UInt8 = 3

  /// The record in bytes.
  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.version)
    writer.write(node)
    writer.write(incarnation)
    writer.write(rank)
    writer.write(attempt)
    writer.write(events) { $0.write($1) }
    return writer.bytes
  }

  /// Reads a record back.
  ///
  /// - Throws: ``MuddledError`` if another version of muddled, or something else, wrote the bytes.
  init(decoding bytes: [UInt8]) throws {
    do {
      var reader = ByteReader(bytes[...])
      let version = try reader.number(as: UInt8.self)
      guard version != FleetRecord.mark else {
        throw MuddledError(
          .usage,
          "the workers of an exploration, one of `muddled explore --batch`, meet under this id; choose another batch id"
        )
      }
      guard version == Self.version else { throw MalformedBytes() }
      node = try reader.text()
      incarnation = try reader.number(as: UInt32.self)
      rank = try reader.number()
      attempt = try reader.number(as: UInt32.self)
      events = try reader.list { try $0.batchEvent() }
      guard reader.isAtEnd else { throw MalformedBytes() }
    } catch is MalformedBytes {
      throw MuddledError(
        .unavailable,
        "the coordinator holds a record of this batch that this version of muddled did not write; "
          + "choose another batch id, or run the same version on every node")
    }
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ event: BatchEvent) {
    switch event {
    case .registered(let registration):
      write(UInt8(0))
      write(registration)
    case .begin(let rank, let attempt, let snapshot):
      write(UInt8(1))
      write(rank)
      write(attempt)
      write(snapshot) { writer, snapshot in
        writer.write(snapshot.nodes) {
          $0.write($1.id)
          $0.write($1.incarnation)
          $0.write($1.registration)
        }
      }
    case .ran(let report):
      write(UInt8(2))
      write(report.results) { $0.write($1) }
      write(report.microseconds)
    case .blocked:
      write(UInt8(3))
    case .released(let connectionID):
      write(UInt8(4))
      write(connectionID)
    case .finished(let checks):
      write(UInt8(5))
      write(checks) { $0.write($1) { $0.write($1) } }
    case .sessionLost:
      write(UInt8(6))
    case .left(let reason):
      write(UInt8(7))
      write(reason)
    case .lost(let node, let incarnation):
      write(UInt8(8))
      write(node)
      write(incarnation)
    case .ended(let orders):
      write(UInt8(9))
      write(orders)
    case .ranAlike(let microseconds):
      write(UInt8(10))
      write(microseconds)
    case .connected(let session, let outside):
      write(UInt8(11))
      write(session)
      write(outside) { $0.write($1) }
    }
  }

  private mutating func write(_ registration: Registration) {
    write(registration.instance)
    write(registration.members) { $0.write($1) }
    write(registration.steps) { $0.write($1) }
    write(registration.reset) { $0.write($1) { $0.write($1) } }
    write(registration.checks) { $0.write($1) { $0.write($1) } }
    write(registration.connectionID)
    write(registration.outsideConnectionID) { $0.write($1) }
  }

}

extension ByteReader {
  fileprivate mutating func batchEvent() throws -> BatchEvent {
    switch try number() {
    case 0: return .registered(try registration())
    case 1:
      return .begin(
        rank: try number(), attempt: try number(as: UInt32.self),
        snapshot: try optional {
          BatchSnapshot(
            nodes: try $0.list {
              BatchSnapshot.Node(
                id: try $0.text(), incarnation: try $0.number(as: UInt32.self),
                registration: try $0.registration())
            })
        })
    case 2:
      return .ran(
        StepReport(
          results: try list { try $0.statementResult() },
          microseconds: try number(as: UInt64.self)))
    case 3: return .blocked
    case 4: return .released(connectionID: try number(as: UInt64.self))
    case 5: return .finished(checks: try list { try $0.list { try $0.statementResult() } })
    case 6: return .sessionLost
    case 7: return .left(reason: try text())
    case 8: return .lost(node: try text(), incarnation: try number(as: UInt32.self))
    case 9: return .ended(orders: try number())
    case 10: return .ranAlike(microseconds: try number(as: UInt64.self))
    case 11:
      return .connected(
        session: try number(as: UInt64.self),
        outside: try optional { try $0.number(as: UInt64.self) })
    default: throw MalformedBytes()
    }
  }

  fileprivate mutating func registration() throws -> Registration {
    Registration(
      instance: try number(as: UInt64.self),
      members: try list { try $0.text() },
      steps: try list { try $0.text() },
      reset: try optional { try $0.list { try $0.text() } },
      checks: try optional { try $0.list { try $0.text() } },
      connectionID: try number(as: UInt64.self),
      outsideConnectionID: try optional { try $0.number(as: UInt64.self) })
  }

}
