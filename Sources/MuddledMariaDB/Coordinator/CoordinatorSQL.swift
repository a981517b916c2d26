/// Every statement that ``DatabaseCoordinator`` sends.
///
/// They need no more than primary keys, so they hold on TiDB and on a Galera cluster as well. All
/// values are bound. All times are the store's, in UTC.
enum CoordinatorSQL {
  /// Whatever the server's defaults are.
  static let session = "SET autocommit = 1, sql_mode = ''"

  static let tables = [
    (
      name: "muddled_batch", columns: "batch, trimmed, used, made",
      create: """
      CREATE TABLE IF NOT EXISTS muddled_batch (batch VARBINARY(200) NOT NULL, \
      trimmed BIGINT UNSIGNED NOT NULL, used DATETIME(6) NOT NULL, made DATETIME(6) NOT NULL, \
      PRIMARY KEY (batch)) ENGINE = InnoDB
      """
    ),
    (
      name: "muddled_lease", columns: "batch, node, seen",
      create: """
      CREATE TABLE IF NOT EXISTS muddled_lease (batch VARBINARY(200) NOT NULL, \
      node VARBINARY(200) NOT NULL, seen DATETIME(6) NOT NULL, PRIMARY KEY (batch, node)) \
      ENGINE = InnoDB
      """
    ),
    (
      name: "muddled_log", columns: "batch, `position`, record, written",
      create: """
      CREATE TABLE IF NOT EXISTS muddled_log (batch VARBINARY(200) NOT NULL, \
      `position` BIGINT UNSIGNED NOT NULL, record MEDIUMBLOB NOT NULL, \
      written DATETIME(6) NOT NULL, PRIMARY KEY (batch, `position`)) ENGINE = InnoDB
      """
    ),
  ]

  /// Notes that the batch is in use. Batch.
  static let useBatch = """
    INSERT INTO muddled_batch (batch, trimmed, used, made) \
    VALUES (?, 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)) \
    ON DUPLICATE KEY UPDATE used = UTC_TIMESTAMP(6)
    """

  /// Batch, position, record; batch, position, position; batch, position before.
  ///
  /// A trimmed position is empty and yet taken; any other stands after the last trimmed one or
  /// after another record.
  static let append = """
    INSERT INTO muddled_log (batch, `position`, record, written) \
    SELECT ?, ?, ?, UTC_TIMESTAMP(6) FROM muddled_batch WHERE batch = ? AND (trimmed = ? \
    OR trimmed < ? AND EXISTS (SELECT 1 FROM muddled_log WHERE batch = ? AND `position` = ?))
    """

  /// The same for a position before which a record is known to stand: it may only have been trimmed since.
  /// Batch, position, record; batch, position.
  ///
  /// It does not read the table that it writes, for which the server would make a temporary one.
  static let appendNext = """
    INSERT INTO muddled_log (batch, `position`, record, written) \
    SELECT ?, ?, ?, UTC_TIMESTAMP(6) FROM muddled_batch WHERE batch = ? AND trimmed <= ?
    """

  /// Batch, position.
  static let isTrimmed = "SELECT 1 FROM muddled_batch WHERE batch = ? AND trimmed > ?"

  /// How many records one look returns at most.
  static let recordsPerLook = 100
  /// Longer records are fetched one by one, so that no look returns more than about 6 MiB.
  static let longRecordBytes = 1 << 16

  /// Batch, position; NULL stands for a long record.
  static let records = """
    SELECT `position`, IF(LENGTH(record) <= \(longRecordBytes), record, NULL) FROM muddled_log \
    WHERE batch = ? AND `position` >= ? ORDER BY `position` LIMIT \(recordsPerLook)
    """

  /// Batch, position.
  static let record = "SELECT record FROM muddled_log WHERE batch = ? AND `position` = ?"

  /// The statements that turns are made of.
  static let everyTurn = [append, appendNext, records, record]

  /// Batch, node.
  static let renewLease = """
    INSERT INTO muddled_lease (batch, node, seen) VALUES (?, ?, UTC_TIMESTAMP(6)) \
    ON DUPLICATE KEY UPDATE seen = UTC_TIMESTAMP(6)
    """

  /// Batch; ages in microseconds.
  static let leases = """
    SELECT node, GREATEST(0, TIMESTAMPDIFF(MICROSECOND, seen, UTC_TIMESTAMP(6))) \
    FROM muddled_lease WHERE batch = ? ORDER BY node
    """

  /// Batch, node.
  static let dropLease = "DELETE FROM muddled_lease WHERE batch = ? AND node = ?"

  /// Position, batch, position.
  static let markTrimmed = """
    UPDATE muddled_batch SET trimmed = ?, used = UTC_TIMESTAMP(6) WHERE batch = ? AND trimmed < ?
    """

  /// How many records one statement deletes at most.
  static let recordsPerTrim = 500

  /// Batch, position.
  static let trim = """
    DELETE FROM muddled_log WHERE batch = ? AND `position` < ? \
    ORDER BY `position` LIMIT \(recordsPerTrim)
    """

  /// Days, days, days.
  static let staleBatches = """
    SELECT batch FROM muddled_batch b WHERE used < UTC_TIMESTAMP(6) - INTERVAL ? DAY \
    AND NOT EXISTS (SELECT 1 FROM muddled_lease l \
    WHERE l.batch = b.batch AND seen >= UTC_TIMESTAMP(6) - INTERVAL ? DAY) \
    AND NOT EXISTS (SELECT 1 FROM muddled_log r \
    WHERE r.batch = b.batch AND written >= UTC_TIMESTAMP(6) - INTERVAL ? DAY) LIMIT 100
    """

  static let batches = "SELECT batch FROM muddled_batch ORDER BY batch"

  /// Batch; its age in microseconds.
  static let age = """
    SELECT GREATEST(0, TIMESTAMPDIFF(MICROSECOND, made, UTC_TIMESTAMP(6))) FROM muddled_batch \
    WHERE batch = ?
    """

  /// Batch.
  static let forget = [
    "DELETE FROM muddled_lease WHERE batch = ?", "DELETE FROM muddled_batch WHERE batch = ?",
  ]
}
