public import MuddledCore

extension MariaDBDatabase: LaneDatabases {
  /// Makes a database `muddled_lane_1`, or the first of these that is free, with a thread of its own.
  public func makeLane() async throws -> any Database {
    for number in 1...Self.laneLimit {
      let name = "muddled_lane_\(number)"
      let results = try await run([Self.laneLock, "CREATE DATABASE `\(name)`"])
      guard case .error(let error)? = results.last?.last else {
        var lane = dsn
        lane.database = name
        return MariaDBDatabase(
          lane, options: options, loop: EventLoop(isWatchful: true), isExclusive: true)
      }
      // ER_DB_CREATE_EXISTS: another exploration's, or left behind by one that was killed.
      guard error.code == 1007 else {
        throw MuddledError(
          .configuration,
          "the account may not make databases for lanes at \(dsn.place): \(error.message); grant it "
            + "CREATE and DROP on `muddled_lane_%`.*, or use --lanes 0 to run in the database itself"
        )
      }
    }
    throw MuddledError(
      .unavailable,
      "the databases muddled_lane_1 to muddled_lane_\(Self.laneLimit) are all there at \(dsn.place); drop "
        + "those that nobody uses")
  }

  /// Drops the database of a lane, and makes it again.
  public func emptyLane(_ lane: any Database) async throws {
    guard let lane = lane as? MariaDBDatabase, lane !== self else { return }
    let name = lane.dsn.database
    // In between the name would be free for another exploration.
    let results = try await lane.run([
      Self.laneLock, "DROP DATABASE `\(name)`", "CREATE DATABASE `\(name)`",
    ])
    guard case .error(let error)? = results.last?.last else { return }
    throw MuddledError(
      .unavailable, "the database \(name) at \(dsn.place) cannot be made anew: \(error.message)")
  }

  /// Drops the database of a lane, and ends its thread.
  public func removeLane(_ lane: any Database) async throws {
    guard let lane = lane as? MariaDBDatabase, lane !== self else { return }
    await lane.close()
    _ = try await run(["DROP DATABASE IF EXISTS `\(lane.dsn.database)`"])
    lane.loop.stop()
  }

  /// One query for each base table of the DSN's database, but for those in which batches meet.
  public func tableQueries(limitedTo rows: Int) async throws -> [String] {
    let results = try await run(["SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'"])
    guard case .rows(let found)? = results.last?.last else { return [] }
    return found.rows.compactMap { row in
      guard case .text(let name)? = row.first,
        !CoordinatorSQL.tables.contains(where: { $0.name == name })
      else { return nil }
      return "SELECT * FROM \(name.asIdentifier) LIMIT \(rows)"
    }
  }

  /// Has explorations on one server take names of databases one after the other; the reset of the control
  /// connection gives it back.
  private static let laneLock = "DO GET_LOCK('muddled_lanes', 10)"
  /// The highest number of a lane's database.
  private static let laneLimit = 200
}
