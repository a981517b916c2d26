import MuddledCore
import Subprocess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Makes a new server's data directory, from a template in the user's cache folder if there is one.
///
/// A template is one archive file, renamed to its place when it is complete: whoever reads an older
/// one at that moment reads it to its end. Without a place to write to, it works without a template.
struct DataDirectory: Sendable {
  /// Raise it when what the template holds changes.
  private static let format = 1

  /// Unpacks a template. Arguments: the archive, the data directory.
  private static let unpacking = """
    mkdir -m 700 -- "$2" && exec tar --no-same-owner -xf "$1" -C "$2"
    """

  /// Makes a data directory, and a template of it if that can be written.
  ///
  /// Arguments: the data directory, the cache folder (empty for none), the archive, the installer and its
  /// arguments. The help texts and the schema `sys` are two thirds of the files; nobody misses them.
  /// Most of the two big files is zeros, which an archive of files with holes leaves out.
  /// An archive of more than a month ago may be of a server that was replaced; if not, it is made again.
  private static let installing = """
    data=$1 cache=$2 archive=$3
    shift 3
    rm -rf -- "$data"
    mkdir -m 700 -- "$data" || exit
    "$@" >&2 || exit
    rm -rf -- "$data"/sys "$data"/mysql/help_* "$data"/*.err "$data"/*.pid
    [ -n "$cache" ] || exit 0
    {
      umask 077
      mkdir -p -- "$cache" &&
      { fallocate --dig-holes "$data/ibdata1"; fallocate --dig-holes "$data/ib_logfile0"; :; } &&
      tar -S -cf "$archive.$$" -C "$data" . && mv -f -- "$archive.$$" "$archive" ||
      rm -f -- "$archive.$$"
      find "$cache" -maxdepth 1 -name 'mariadb-*.tar*' -mtime +30 -exec rm -f -- {} +
    } >/dev/null 2>&1
    exit 0
    """

  let programs: Programs
  /// Where templates are kept; `nil` keeps none.
  let cacheFolder: String?
  /// A folder for nobody else's temporary files.
  let temporaryFolder: String
  /// A descriptor that must stay open as long as something is written to the sandbox's folder.
  let keeper: Int32

  /// Makes the data directory at `path`, in place of whatever an earlier try has left there.
  ///
  /// - Parameters:
  ///   - path: an absolute path.
  ///   - server: the path of the server's program.
  ///   - ignoringTemplate: makes it, and its template, anew.
  /// - Returns: whether it came from a template that was there before.
  func make(at path: String, server: String, ignoringTemplate: Bool) async throws -> Bool {
    let archive = cacheFolder.flatMap { folder in
      Self.templateName(server: server).map { folder + "/" + $0 }
    }
    if !ignoringTemplate, let archive, access(archive, R_OK) == 0 {
      let (succeeded, _) = try await shell(Self.unpacking, [archive, path])
      if succeeded, access(path + "/mysql", X_OK) == 0 { return true }
    }
    try await install(at: path, archive: archive)
    return false
  }

  /// Makes a user the owner of the folder of temporary files and of all that stands in it.
  func give(to user: String) async throws {
    // The log is made now, as the user may not open root's.
    let script = "touch -- \"$1/mariadb.log\" && exec chown -R -- \"$2\" \"$1\""
    let (succeeded, words) = try await shell(script, [temporaryFolder, user])
    guard succeeded else {
      throw MuddledError(
        .unavailable,
        "\(temporaryFolder) cannot be given to the user \(user); install the package mariadb-server, which "
          + "makes it; it said: \(words)")
    }
  }

  private func install(at path: String, archive: String?) async throws {
    var command = [
      try programs.path(of: .installer), "--no-defaults", "--datadir=" + path,
      "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
      "--innodb-log-file-size=4M", "--innodb-undo-tablespaces=0", "--debug-no-sync",
      // A server that starts removes the temporary tables that it finds, and another's in a shared folder.
      "--tmpdir=" + temporaryFolder,
    ]
    if geteuid() == 0 { command.append("--user=root") }
    let (succeeded, words) = try await shell(
      Self.installing, [path, archive == nil ? "" : cacheFolder ?? "", archive ?? ""] + command)
    guard succeeded else {
      let lines = words.split(separator: "\n")
      // The installer ends with a page of advice.
      let errors = lines.filter { $0.contains("ERROR") }
      throw MuddledError(
        .unavailable,
        "\(command[0]) cannot make a data directory in \(path); it said:"
          + (errors.isEmpty ? lines : errors).suffix(8).map { "\n    " + $0 }.joined())
    }
  }

  /// The archive's name: a server that was replaced has another size or time.
  private static func templateName(server: String) -> String? {
    var status = stat()
    guard stat(server, &status) == 0 else { return nil }
    var digest = Digest()
    digest.update(server)
    digest.update(UInt64(status.st_size))
    digest.update(UInt64(bitPattern: Int64(status.st_mtim.tv_sec)))
    digest.update(UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)))
    return "mariadb-\(digest.short)-\(format).tar"
  }

  /// Runs a shell script to its end, even if the task is cancelled or this process is killed.
  ///
  /// - Returns: whether it exited with 0, and the end of what it wrote to its standard error.
  private func shell(
    _ script: String, _ arguments: [String]
  ) async throws -> (succeeded: Bool, words: String) {
    var platform = PlatformOptions()
    platform.createSession = true
    let configuration = Subprocess.Configuration(
      executable: .path("/bin/sh"),
      arguments: .init(["-c", script, "muddled-sandbox"] + arguments), platformOptions: platform)
    let keeper = keeper
    return try await Task.detached {
      let result = try await run(
        configuration,
        output: .fileDescriptor(.init(rawValue: keeper), closeAfterSpawningProcess: false),
        error: .string(limit: 1 << 20))
      return (result.terminationStatus.isSuccess, result.standardError)
    }.value
  }
}
