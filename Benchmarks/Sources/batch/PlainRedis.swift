import CPlainHiredis
import Glibc

/// A connection by plain, blocking calls of hiredis.
struct PlainRedis: ~Copyable {
  private let context: UnsafeMutablePointer<redisContext>

  init(socket: String) {
    guard let context = redisConnectUnix(socket), context.pointee.err == 0 else {
      fatalError("no connection to \(socket)")
    }
    self.context = context
  }

  deinit { redisFree(context) }

  /// What a server answers, as far as it is needed here.
  indirect enum Reply {
    case nothing
    case number(Int)
    case text(String)
    case list([Reply])

    var text: String { if case .text(let text) = self { text } else { "" } }
    var number: Int { if case .number(let number) = self { number } else { 0 } }
    var list: [Reply] { if case .list(let list) = self { list } else { [] } }
  }

  @discardableResult
  func run(_ words: String...) -> Reply {
    let texts = words.map { strdup($0) }
    defer { for text in texts { free(text) } }
    var arguments = texts.map { UnsafePointer<CChar>($0) }
    let raw = redisCommandArgv(context, Int32(words.count), &arguments, nil)
    guard let reply = raw?.assumingMemoryBound(to: redisReply.self) else {
      fatalError("the connection to Redis broke in \(words[0])")
    }
    defer { freeReplyObject(reply) }
    if reply.pointee.type == REDIS_REPLY_ERROR {
      fatalError("\(words): \(String(cString: reply.pointee.str))")
    }
    return Self.read(reply.pointee)
  }

  private static func read(_ reply: redisReply) -> Reply {
    switch reply.type {
    case REDIS_REPLY_INTEGER: .number(Int(reply.integer))
    case REDIS_REPLY_STRING, REDIS_REPLY_STATUS:
      .text(
        String(
          decoding: UnsafeRawBufferPointer(start: reply.str, count: reply.len), as: UTF8.self))
    case REDIS_REPLY_ARRAY: .list((0..<reply.elements).map { read(reply.element[$0]!.pointee) })
    default: .nothing
    }
  }
}
