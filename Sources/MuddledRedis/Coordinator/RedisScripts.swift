/// The scripts that Redis runs as one step each.
enum RedisScripts {
  /// Appends if the log ends at the position, and keeps both keys for another while.
  ///
  /// The id alone would refuse a taken position, but not one past the end of a log that lost records.
  private static let append = """
    local stream_end = redis.call('HGET', KEYS[2], 'end')
    if stream_end then
      if stream_end ~= ARGV[1] then
        return tonumber(stream_end) > tonumber(ARGV[1]) and 'taken' or 'lost'
      end
    elseif ARGV[1] ~= '0' or redis.call('EXISTS', KEYS[1]) == 1 then
      return 'lost'
    end
    local id = ARGV[2]
    if ARGV[1] == '0' then
      redis.call('XADD', KEYS[1], id, 'w', ARGV[4], 'r', ARGV[5])
    elseif not redis.call('XADD', KEYS[1], 'NOMKSTREAM', id, 'w', ARGV[4], 'r', ARGV[5]) then
      return 'lost'
    end
    redis.call('HSET', KEYS[2], 'end', string.match(id, '%d+'))
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    redis.call('PEXPIRE', KEYS[2], ARGV[3])
    return 'appended'
    """

  /// Notes that a node lives, if one is named, and tells the time and the whole hash.
  private static let renew = """
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    if ARGV[2] then
      redis.call('HSETNX', KEYS[2], 'made', string.format('%.0f', now))
      redis.call('HSET', KEYS[2], ARGV[2], string.format('%.0f', now))
      redis.call('PEXPIRE', KEYS[1], ARGV[1])
      redis.call('PEXPIRE', KEYS[2], ARGV[1])
    end
    return {now, redis.call('HGETALL', KEYS[2])}
    """

  /// How long ago the batch was first used, in microseconds; null if it is not there.
  private static let age = """
    local made = redis.call('HGET', KEYS[1], 'made')
    if not made then return redis.call('EXISTS', KEYS[1]) == 1 and 0 or nil end
    local time = redis.call('TIME')
    return time[1] * 1000000 + time[2] - made
    """

  static func age(keys: RedisKeys) -> RedisCommand { RedisCommand("EVAL", age, "1", keys.state) }

  static func append(
    _ record: [UInt8], mark: [UInt8], at position: UInt64, keys: RedisKeys, retention: Duration
  ) -> RedisCommand {
    var command = RedisCommand("EVAL", append, "2", keys.log, keys.state)
    command.add(position)
    command.add(RedisLogEntry.id(of: position))
    command.add(retention.milliseconds)
    command.add(mark)
    command.add(record)
    return command
  }

  static func renew(_ node: String?, keys: RedisKeys, retention: Duration) -> RedisCommand {
    var command = RedisCommand("EVAL", renew, "2", keys.log, keys.state)
    command.add(retention.milliseconds)
    if let node { command.add("n" + node) }
    return command
  }
}

extension Duration {
  /// The whole milliseconds in this, rounded up.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    let perMillisecond: Int64 = 1_000_000_000_000_000
    return seconds * 1000 + (attoseconds + perMillisecond - 1) / perMillisecond
  }
}
