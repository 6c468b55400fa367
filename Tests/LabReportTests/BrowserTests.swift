import Foundation
import TestSupport
import Testing

@testable import LabReport

/// Headless Chromium, where it is installed.
private enum Chromium {
  static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  struct Output {
    var text: String
    var messages: [Substring]
  }

  /// Opens a page and ends.
  /// - Returns: standard output, and what the page wrote to the console.
  static func open(_ page: URL, in folder: URL, _ options: [String]) throws -> Output {
    // Without a sandbox, which root has not; the page is the test's own.
    let outcome = try run(
      [
        path!, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--disable-dev-shm-usage", "--no-first-run", "--no-pdf-header-footer",
        "--enable-logging=stderr", "--user-data-dir=\(folder.path)/profile",
      ] + options + [page.absoluteString])
    #expect(outcome.code == 0, "\(outcome.error.suffix(500))")
    return Output(
      text: outcome.output, messages: outcome.errorLines.filter { $0.contains("CONSOLE") })
  }
}

/// A page around the one under test, as wide as asked, which says what is wrong with it: parts
/// outside the window, texts of charts that are cut or lie on each other; and its colours.
private func probe(_ page: String, width: Int) -> String {
  let quoted = page.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
  return """
    <!DOCTYPE html><html><body>
    <iframe style="width:\(width)px;height:900px;border:0" srcdoc="\(quoted)"></iframe>
    <pre></pre><script>
    addEventListener('load', () => {
      const page = document.querySelector('iframe').contentDocument, found = [];
      const root = page.documentElement, view = root.clientWidth;
      found.push('width ' + (root.scrollWidth <= view ? 'fits' : root.scrollWidth + ' > ' + view));
      found.push('page ' + getComputedStyle(root).backgroundColor);
      found.push('charts ' + page.querySelectorAll('svg').length);
      for (const part of page.querySelectorAll('body *')) {
        const scrolls = part.closest('.scroll');
        if (scrolls && scrolls !== part) continue;
        const box = part.getBoundingClientRect();
        if (box.width > 0 && (box.right > view + 1 || box.left < -1))
          found.push('outside: ' + part.tagName + ' ' + part.textContent.slice(0, 40));
      }
      for (const chart of page.querySelectorAll('svg')) {
        const all = chart.getBoundingClientRect(), unit = all.width / 400;
        const texts = [...chart.querySelectorAll('text')];
        const boxes = texts.map(text => text.getBoundingClientRect());
        const name = ' in ' + chart.getAttribute('aria-label');
        boxes.forEach((a, i) => {
          if (a.left < all.left - 1 || a.right > all.right + 1 || a.top < all.top - 1
              || a.bottom > all.bottom + 1) found.push('cut: ' + texts[i].textContent + name);
          boxes.slice(i + 1).forEach((b, j) => {
            const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (x > 1 && y > 4 * unit) found.push(
              'overlap: ' + texts[i].textContent + ' | ' + texts[i + 1 + j].textContent + name);
          });
        });
      }
      document.querySelector('pre').textContent = found.join('\\n') + '\\nend';
    });
    </script></body></html>
    """
}

@Suite(.enabled(if: Chromium.path != nil, "Chromium is not installed (Debian's package chromium)"))
struct BrowserTests {
  private static let dark = "--blink-settings=preferredColorScheme=0"
  private static let light = "--blink-settings=preferredColorScheme=1"

  /// What the probe finds, and what the console has.
  private func findings(
    _ page: String, width: Int, _ options: [String]
  ) throws -> (lines: [String], messages: [Substring]) {
    try withFolder { folder in
      let file = folder.appendingPathComponent("probe.html")
      try Data(probe(page, width: width).utf8).write(to: file)
      let output = try Chromium.open(
        file, in: folder, options + ["--window-size=1600,1000", "--dump-dom"])
      let text = output.text.firstMatch(of: /(?s)<pre>(.*?)\nend<\/pre>/)
      return (try #require(text).1.split(separator: "\n").map(String.init), output.messages)
    }
  }

  @Test(arguments: [(390, false), (390, true), (820, false), (1_280, false), (1_280, true)])
  func rendersWithoutFault(width: Int, isDark: Bool) throws {
    let page = try fullPage().html().source
    let found = try findings(page, width: width, [isDark ? Self.dark : Self.light])
    let background = isDark ? "rgb(20, 23, 27)" : "rgb(255, 255, 255)"
    let charts = page.ranges(of: "<svg").count
    #expect(found.lines == ["width fits", "page \(background)", "charts \(charts)"])
    #expect(found.messages.isEmpty)
  }

  /// Folders of profile runs, one alone and two side by side.
  @Test(arguments: [(390, false), (1_280, true)])
  func profileRunsRenderWithoutFault(width: Int, isDark: Bool) throws {
    try withFolder { folder in
      let paths = [
        try profileRun(folder, "one"),
        try profileRun(folder, "two", board: "Raspberry Pi 5 Model B Rev 1.0", factor: 3),
      ]
      for count in [1, 2] {
        let output = folder.appendingPathComponent("page.html")
        _ = try Page.plot(of: Array(paths.prefix(count)), to: output.path)
        let page = try String(contentsOf: output, encoding: .utf8)
        let found = try findings(page, width: width, [isDark ? Self.dark : Self.light])
        let background = isDark ? "rgb(20, 23, 27)" : "rgb(255, 255, 255)"
        let charts = page.ranges(of: "<svg").count
        #expect(found.lines == ["width fits", "page \(background)", "charts \(charts)"])
        #expect(found.messages.isEmpty)
      }
    }
  }

  /// Long and wide names must not push each other away.
  @Test func longNamesFit() throws {
    let name = String(repeating: "A very long name of a board ", count: 6)
    let page = Page(
      title: String(repeating: "W", count: 300),
      [
        try input(runReport(model: name, board: name + "1"), "\(name).json"),
        try input(runReport(policy: "sink", model: name, board: name + "2"), "\(name).json"),
      ])
    let found = try findings(page.html().source, width: 390, [Self.light])
    #expect(found.lines.count == 3 && found.lines.first == "width fits", "\(found.lines)")
  }

  /// The probe finds what it looks for.
  @Test func faultsAreFound() throws {
    let page = """
      <body><div style="width:900px">wide</div><svg viewBox="0 0 400 50" width="400">
      <text x="10" y="20">one</text><text x="12" y="20">two</text><text x="395" y="40">three</text>
      </svg><script>console.error("heard")</script></body>
      """
    let found = try findings(page, width: 420, [Self.light])
    for fault in ["width 9", "outside: DIV", "overlap: one | two", "cut: three"] {
      #expect(found.lines.contains { $0.hasPrefix(fault) }, "\(fault)")
    }
    #expect(found.messages.contains { $0.contains("heard") })
  }

  /// Pictures to look at stay in the folder that EDGE_LAB_SCREENSHOTS names.
  @Test func picturesAndPrint() throws {
    let page = try fullPage().html().source
    try withFolder { folder in
      let file = folder.appendingPathComponent("page.html")
      try Data(page.utf8).write(to: file)
      let light = folder.appendingPathComponent("light.png")
      let dark = folder.appendingPathComponent("dark.png")
      let print = folder.appendingPathComponent("print.pdf")
      let size = "--window-size=1280,6000"
      for option in [
        [Self.light, size, "--screenshot=\(light.path)"],
        [Self.dark, size, "--screenshot=\(dark.path)"],
        [Self.dark, "--print-to-pdf=\(print.path)"],
      ] {
        #expect(try Chromium.open(file, in: folder, option).messages.isEmpty)
      }
      let pictures = try [light, dark].map { try Data(contentsOf: $0) }
      #expect(pictures[0] != pictures[1])
      // An empty page of this size takes less than a tenth.
      #expect(pictures.allSatisfy { $0.count > 200_000 })
      let printed = try Data(contentsOf: print)
      #expect(printed.starts(with: Data("%PDF".utf8)))
      let pages = String(decoding: printed, as: UTF8.self).matches(of: /\/Type \/Page\b/).count
      #expect((4...20).contains(pages), "\(pages)")
      guard let kept = ProcessInfo.processInfo.environment["EDGE_LAB_SCREENSHOTS"] else { return }
      for one in [light, dark, print] {
        let place = URL(fileURLWithPath: kept).appendingPathComponent(one.lastPathComponent)
        try Data(contentsOf: one).write(to: place)
      }
    }
  }
}
