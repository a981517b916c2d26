#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How many cores there are.
enum ProcessorCount {
  /// The cores in use; at least 1.
  static var active: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
