import Foundation
import Testing

@testable import Platform

@Suite struct ListenAddressTests {
  @Test(arguments: [
    ("127.0.0.1:8080", true), ("localhost:0", true), ("127.1.2.3:1", true), ("[::1]:65535", true),
    ("0.0.0.0:80", false), ("[::]:80", false), ("192.168.1.2:8080", false),
  ])
  func networkAddresses(text: String, isLoopback: Bool) throws {
    let address = try text.withCString { try #require(ListenAddress($0)) }
    #expect(address.isLoopback == isLoopback && !address.isLocal)
  }

  @Test func pathsOfSockets() throws {
    try "unix:/tmp/x".withCString {
      let address = try #require(ListenAddress($0))
      #expect(address.isLocal && !address.isLoopback)
    }
    let longest = "unix:/" + String(repeating: "a", count: 106)
    longest.withCString { #expect(ListenAddress($0) != nil) }
    (longest + "a").withCString { #expect(ListenAddress($0) == nil) }
  }

  @Test(arguments: [
    "", ":", ":80", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:8a",
    "127.0.0.1:-1", "127.0.0:80", "::1:80", "[::1]", "[::1:80", "[]:80", "[127.0.0.1]:80",
    "example.org:80", "unix:", "unix", "127.0.0.1 :80",
  ])
  func otherTexts(text: String) {
    text.withCString { #expect(ListenAddress($0) == nil) }
  }
}
