import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Finds the programs that a sandbox needs.
struct Programs: Sendable {
  /// A program, under each of its names, and the Debian package that holds it.
  struct Program: Sendable {
    let names: [String]
    let package: String

    static let mariaDB = Program(names: ["mariadbd", "mysqld"], package: "mariadb-server")
    static let installer = Program(
      names: ["mariadb-install-db", "mysql_install_db"], package: "mariadb-server")
    static let client = Program(names: ["mariadb", "mysql"], package: "mariadb-client")
    static let redis = Program(names: ["redis-server"], package: "redis-server")
    static let nats = Program(names: ["nats-server"], package: "nats-server")
  }

  /// The folders to look in, in order.
  let folders: [String]

  /// The program's absolute path.
  ///
  /// - Throws: ``MuddledError/Code/unavailable`` with the package to install.
  func path(of program: Program) throws -> String {
    for name in program.names {
      for folder in folders where folder.hasPrefix("/") {
        let path = folder + "/" + name
        var status = stat()
        if access(path, X_OK) == 0, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
          return path
        }
      }
    }
    throw MuddledError(
      .unavailable,
      "The program \(program.names[0]) is neither on PATH nor in /usr/sbin;"
        + " install it with: apt-get install \(program.package)")
  }
}
