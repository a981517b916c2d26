/// A server on which databases for lanes can be made: copies of the tested database that do not see each other.
///
/// Implement it beside ``Database`` for servers that hold several databases.
public protocol LaneDatabases: Sendable {
  /// Makes an empty database, and an entrance to it that has a thread of its own.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/configuration`` if the account may not.
  func makeLane() async throws -> any Database

  /// Makes the database of a lane empty again, with sessions of it open that are in no transaction; they stay in it.
  func emptyLane(_ lane: any Database) async throws

  /// Removes the database of a lane that ``makeLane()`` made, and closes its entrance.
  func removeLane(_ lane: any Database) async throws
}
