import Foundation
import TestSupport
import Testing

@testable import Board

/// Lists, numbers and sizes as the kernel writes them, and as it never does.
struct KernelFileTests {
  private func cores(_ text: String) throws -> [Int]? {
    let tree = try KernelTree(["list": text])
    return read(tree, "/list") { $0.readCores() }.map { set in
      (0..<CoreSet.limit).filter(set.contains)
    }
  }

  @Test(arguments: [
    ("0\n", [0]), ("0-3\n", [0, 1, 2, 3]), ("0-1,4,6-7\n", [0, 1, 4, 6, 7]), ("5", [5]),
    ("\n", []), ("", []), ("3,1,1-2\n", [1, 2, 3]), (" 2 \n", [2]), ("2\0", [2]),
    ("1022-5000\n", [1022, 1023]), ("4096\n", []), ("1\n2\n", [1]),
    ("7-99999999999999999999999\n", Array(7..<1024)),
  ])
  func lists(text: String, expected: [Int]) throws {
    #expect(try cores(text) == expected)
  }

  @Test(arguments: [
    "0-3,7,9-\n", "-3", "3-1\n", "a", "0-3;", "0,,1", "0-3 5", "0x3", ",", "0-", "1-2-3\n",
  ])
  func noLists(text: String) throws {
    #expect(try cores(text) == nil)
  }

  @Test func listOfManyCores() throws {
    let all = stride(from: 0, to: 1024, by: 2).map(String.init)
    #expect(try cores(all.joined(separator: ",") + "\n")?.count == 512)
  }

  private func kiB(_ text: String) throws -> Int? {
    try read(KernelTree(["size": text]), "/size") {
      var file = $0.open()!
      return file.readKiB()
    }
  }

  @Test(arguments: [
    ("512K\n", 512), ("1M\n", 1024), ("524288", 512), ("16K", 16), ("262144K\n", 262_144),
  ])
  func sizes(text: String, expected: Int) throws {
    #expect(try kiB(text) == expected)
  }

  @Test(arguments: [
    "", "K", "0K", "15K", "262145K", "-512K", "512G", "512KB", "9999999999999999999K",
  ])
  func noSizes(text: String) throws {
    #expect(try kiB(text) == nil)
  }

  @Test func numbersAreHeldToInt() throws {
    let tree = try KernelTree([
      "a": "9223372036854775807", "b": "99999999999999999999", "c": "max\n", "d": "\t 12 kB",
    ])
    let numbers = ["/a", "/b", "/c", "/d"].map { read(tree, $0) { $0.readNumber() } }
    #expect(numbers == [Int.max, Int.max, nil, 12])
  }

  /// Labels count at the start of a line, wherever the buffer ends.
  @Test(arguments: [0, 4080, 4090, 4095, 4096, 10_000])
  func labels(padding: Int) throws {
    let text = String(repeating: "x", count: padding) + " Key: 1\nKey: 2\n"
    let tree = try KernelTree(["file": text])
    #expect(read(tree, "/file") { $0.readNumber(after: "Key:") } == 2)
    #expect(read(tree, "/file") { $0.readNumber(after: "Kex:") } == nil)
  }

  @Test func numbersInPaths() throws {
    let tree = try KernelTree(["cpu0": "5", "cpu10": "6", "cpu1023": "7"])
    let found = [0, 10, 1023].map { number in
      read(tree, "/cpu") { $0.appending(number).readNumber() }
    }
    #expect(found == [5, 6, 7])
  }

  @Test func rootsThatAreTooLong() {
    let long = [UInt8](repeating: UInt8(ascii: "a"), count: KernelPath.rootByteCountMax + 1)
    #expect(KernelPath(root: long.span) == nil)
    #expect(KernelPath(root: [UInt8]().span) == nil)
    let longest = Array(long.dropLast())
    let path = KernelPath(root: longest.span)
    #expect(path != nil)
    // A path that would be cut names nothing.
    #expect(path?.appending(long.span).readNumber() == nil)
  }

  /// What is no file is not there: a folder, and a pipe that nobody writes to.
  @Test func whatIsNoFile() throws {
    let tree = try KernelTree(["folder/file": "1"])
    #expect(read(tree, "/folder") { $0.readNumber() } == nil)
    #expect(mkfifo(tree.path + "/pipe", 0o600) == 0)
    #expect(read(tree, "/pipe") { $0.readNumber() } == nil)
  }
}
