public import MuddledCore

extension MariaDBDatabase: LockHolders {
  /// Asks whom sessions wait for at this moment.
  ///
  /// On MariaDB row locks come from InnoDB's status, which lists locks only while `innodb_status_output_locks` is on. If
  /// it is off it is turned on, where the account may, and off again by ``close()``; see
  /// ``Options/turnsLockListsOn``. Metadata locks come from the Performance Schema, if that instruments them; user
  /// locks also from `IS_USED_LOCK`, if the statement names the lock.
  public func lockHolders(of sessions: [UInt64]) async throws -> LockHolderProbe {
    guard !sessions.isEmpty else { return LockHolderProbe() }
    let turnsListsOn = options.turnsLockListsOn
    return try await control.repeatable { [self] connection in
      try await connection.lockHolders(of: sessions, turnsListsOn: turnsListsOn) {
        didTurnLockListsOn.withLock { $0 = true }
      }
    }
  }

  /// Has the server list no more locks if it did not before.
  func restoreLockLists() async {
    let mustRestore = didTurnLockListsOn.withLock { mustRestore in
      defer { mustRestore = false }
      return mustRestore
    }
    if mustRestore { try? await control.repeatable { try await $0.turnLockListsOff() } }
  }
}
