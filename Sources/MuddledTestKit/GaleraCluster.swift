package import MuddledSandbox

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Two `mariadbd` that are one Galera cluster: what is committed on one stands on the other.
///
/// They run as the user `mysql`, as the second gets its data by `rsync`, which MariaDB refuses to do as root.
package enum GaleraCluster {
  /// Starts both nodes, gives them to `body` once they are in step, and stops them.
  ///
  /// - Parameters:
  ///   - initSQL: a file of SQL that the first node runs; the second gets what it made.
  package static func with(
    initSQL: String? = nil, _ body: ([Sandbox]) async throws -> Void
  ) async throws {
    let ports = try (0..<6).map { _ in try freePort() }
    let first = "gcomm://127.0.0.1:\(ports[0])"
    var options = Self.options(ports: Array(ports[..<3]), cluster: "gcomm://")
    options.mariaDBArguments.append("--wsrep-new-cluster")
    options.initSQL = initSQL
    try await Sandbox.withServers(options) { one in
      let options = Self.options(ports: Array(ports[3...]), cluster: first)
      try await Sandbox.withServers(options) { two in
        try await body([one, two])
      }
    }
  }

  /// - Parameter ports: of the node, of the state transfers of single transactions, and of that of all the data.
  private static func options(ports: [Int], cluster: String) -> Sandbox.Options {
    let provider = [
      "base_port=\(ports[0])", "gmcast.listen_addr=tcp://127.0.0.1:\(ports[0])",
      "ist.recv_addr=127.0.0.1:\(ports[1])", "gcache.size=8M", "pc.recovery=FALSE",
    ]
    var options = Sandbox.Options(mariaDBArguments: [
      "--wsrep-on=ON", "--wsrep-provider=/usr/lib/galera/libgalera_smm.so",
      "--wsrep-cluster-name=muddled", "--wsrep-cluster-address=" + cluster,
      "--wsrep-node-address=127.0.0.1", "--wsrep-sst-method=rsync",
      "--wsrep-sst-receive-address=127.0.0.1:\(ports[2])",
      "--wsrep-provider-options=" + provider.joined(separator: ";"), "--binlog-format=ROW",
      "--innodb-autoinc-lock-mode=2", "--default-storage-engine=InnoDB",
    ])
    options.mariaDBUser = "mysql"
    options.startTimeout = .seconds(120)
    return options
  }
}
