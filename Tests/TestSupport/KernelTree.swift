import Foundation

/// A temporary folder with files of a kernel, in the place of /; it is removed with the object.
public final class KernelTree {
  private let folder: Folder
  public var path: String { folder.url.path }

  public init(_ files: [String: String]) throws {
    folder = try Folder()
    for (name, text) in files { try write(name, text) }
  }

  public func write(_ name: String, _ text: String) throws { try folder.write(name, text) }

  public func write(_ name: String, _ data: Data) throws { try folder.write(name, data) }

  public func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: folder.path(name))
  }
}
