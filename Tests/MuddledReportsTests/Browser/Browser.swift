import Foundation
import MuddledCore
import Subprocess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A headless Chromium with one page, steered through its debugging pipe (the Chrome DevTools Protocol).
final class Browser {
  /// What a page did that it should not, and what it asked for.
  private(set) var complaints: [String] = []
  /// The addresses that were fetched.
  private(set) var requests: [String] = []

  private let orders: Int32
  private let answers: Int32
  private var unread: [UInt8] = []
  private var nextID = 0
  private var session: String?
  private var hasLoaded = false

  /// How long one answer may take.
  private static let patience = Duration.seconds(30)

  private init(orders: Int32, answers: Int32) {
    self.orders = orders
    self.answers = answers
  }

  /// Calls a body with a browser, which ends afterwards.
  static func with(_ body: (Browser, _ folder: String) async throws -> Void) async throws {
    try await Explored.withFolder { folder in
      let pipes: [(path: String, end: Int32)] = try ["orders", "answers"].map { (name: String) in
        let path = folder + "/" + name
        // Opened for both, an end waits for no other.
        guard mkfifo(path, 0o600) == 0, case let end = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC),
          end >= 0
        else { throw MuddledError(.unavailable, "\(path): \(String(cString: strerror(errno)))") }
        return (path, end)
      }
      let configuration = Subprocess.Configuration(
        executable: .name("sh"),
        arguments: [
          "-c",
          "exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
            + "--disable-background-networking --remote-debugging-pipe --user-data-dir=\"$3\" about:blank "
            + "3<\"$1\" 4>\"$2\"",
          "sh", pipes[0].path, pipes[1].path, folder + "/profile",
        ])
      let process = Task.detached {
        try await run(configuration, input: .none, output: .discarded, error: .discarded)
      }
      let browser = Browser(orders: pipes[0].end, answers: pipes[1].end)
      let result: Result<Void, any Error>
      do {
        try await browser.attach()
        try await body(browser, folder)
        result = .success(())
      } catch { result = .failure(error) }
      _ = try? await browser.call("Browser.close", inPage: false)
      process.cancel()
      _ = try? await process.value
      for (_, end) in pipes { close(end) }
      try result.get()
    }
  }

  private func attach() async throws {
    let target = try await call(
      "Target.createTarget", ["url": "about:blank"], inPage: false)["targetId"]
    session =
      try await call(
        "Target.attachToTarget", ["targetId": target ?? "", "flatten": true], inPage: false)[
        "sessionId"] as? String
    for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
      try await call("\(domain).enable")
    }
  }

  /// Shows a file, and waits until it is loaded.
  func load(_ path: String) async throws {
    hasLoaded = false
    try await call("Page.navigate", ["url": "file://" + path])
    while !hasLoaded { _ = try await message() }
  }

  /// Sets the size of the page and the scheme of its colours.
  func show(width: Int, height: Int = 900, isDark: Bool = false) async throws {
    try await call(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    try await call(
      "Emulation.setEmulatedMedia",
      [
        "features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]
      ])
  }

  /// The value of an expression in the page.
  func value<Value: Decodable>(
    _ type: Value.Type = Value.self, of expression: String
  ) async throws -> Value {
    let answer = try await call(
      "Runtime.evaluate",
      [
        "expression": "(async () => JSON.stringify(await (\(expression))))()",
        "awaitPromise": true, "returnByValue": true,
      ])
    guard let text = (answer["result"] as? [String: Any])?["value"] as? String else {
      throw MuddledError(.internalBug, "\(expression): \(answer)")
    }
    return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
  }

  /// Presses and releases a key.
  func press(_ key: String, code: Int, text: String? = nil) async throws {
    var event: [String: Any] = ["key": key, "code": key, "windowsVirtualKeyCode": code]
    if let text { event["text"] = text }
    event["type"] = text == nil ? "rawKeyDown" : "keyDown"
    try await call("Input.dispatchKeyEvent", event)
    event["type"] = "keyUp"
    event["text"] = nil
    try await call("Input.dispatchKeyEvent", event)
  }

  /// Every node of the accessibility tree that is not ignored: its role and name.
  func accessibleNodes() async throws -> [(role: String, name: String)] {
    let nodes = try await call("Accessibility.getFullAXTree")["nodes"] as? [[String: Any]] ?? []
    return nodes.filter { $0["ignored"] as? Bool != true }.map { node in
      func text(_ key: String) -> String {
        (node[key] as? [String: Any])?["value"] as? String ?? ""
      }
      return (text("role"), text("name"))
    }
  }

  @discardableResult
  func call(
    _ method: String, _ parameters: [String: Any] = [:], inPage: Bool = true
  ) async throws -> [String: Any] {
    nextID += 1
    let id = nextID
    var order: [String: Any] = ["id": id, "method": method, "params": parameters]
    if inPage, let session { order["sessionId"] = session }
    try await send(Array(try JSONSerialization.data(withJSONObject: order)) + [0])
    while true {
      let answer = try await message()
      guard answer["id"] as? Int == id else { continue }
      if let error = answer["error"] {
        throw MuddledError(.internalBug, "\(method): \(error)")
      }
      return answer["result"] as? [String: Any] ?? [:]
    }
  }

  private func send(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    try await patiently {
      let count = rest.withUnsafeBytes { write(orders, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) }
      return rest.isEmpty ? () : nil
    }
  }

  /// The next message; what it says of the page is noted.
  private func message() async throws -> [String: Any] {
    let line = try await patiently { () -> [UInt8]? in
      if let end = unread.firstIndex(of: 0) {
        defer { unread.removeSubrange(...end) }
        return Array(unread[..<end])
      }
      var part = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(answers, &part, part.count)
      if count > 0 { unread += part[..<count] }
      // What came may be whole; it is looked at before anybody sleeps.
      guard count > 0, let end = unread.firstIndex(of: 0) else { return nil }
      defer { unread.removeSubrange(...end) }
      return Array(unread[..<end])
    }
    let message = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] ?? [:]
    let parameters = message["params"] as? [String: Any] ?? [:]
    switch message["method"] as? String {
    case "Page.loadEventFired": hasLoaded = true
    case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
      complaints.append("\(parameters)")
    case "Network.requestWillBeSent":
      let request = parameters["request"] as? [String: Any]
      requests.append(request?["url"] as? String ?? "")
    default: break
    }
    return message
  }

  private func patiently<Value>(_ step: () throws -> Value?) async throws -> Value {
    let deadline = ContinuousClock.now + Self.patience
    while true {
      if let value = try step() { return value }
      guard ContinuousClock.now < deadline else {
        throw MuddledError(.unavailable, "the browser does not answer")
      }
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}
