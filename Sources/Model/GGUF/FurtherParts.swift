import Platform

/// The parts of a split model behind the first one, open. Part 0 is the first one, not held here.
struct FurtherParts: ~Copyable {
  private typealias Parts = InlineArray<63, ModelPart?>

  /// Of all parts with the first one.
  static var countMax: Int { Parts.count + 1 }

  private var parts: Parts
  /// `[parts]`: what errors call them.
  private let path: PartPath
  /// Of all parts with the first one.
  let count: Int
  private(set) var byteCount = 0
  private(set) var tensorCount = 0

  /// Opens the parts beside the first one, one after the other, and checks that they belong to it.
  /// - Parameter count: of all parts with the first one; 1 opens none.
  init(
    _ count: Int, of first: borrowing ModelHeader, _ path: borrowing PartPath,
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    parts = InlineArray { _ in nil }
    self.path = copy path
    self.count = count
    if count == 1 { return }
    for index in 1..<count { unsafe try open(index, first.split, buffer) }
    try first.split.check(tensorCount: first.directory.tensorCount + tensorCount)
  }

  private mutating func open(
    _ index: Int, _ first: SplitFacts, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    do throws(ModelError) {
      var path = path
      path.select(index: index, count: count)
      let file = try path.open()
      let header = unsafe try PartHeader(file, buffer)
      try header.split.check(index: index, first: first)
      byteCount += file.byteCount
      tensorCount += header.directory.tensorCount
      parts[index - 1] = ModelPart(file: file, directory: header.directory)
    } catch {
      throw error.found(in: name(index))
    }
  }

  private func name(_ index: Int) -> PartName { path.name(index: index, count: count) }

  func releaseCachedPages() {
    for index in 1..<count {
      switch parts[index - 1] {
      case .some(let part): part.file.releaseCachedPages()
      case .none: preconditionFailure("every part is open")
      }
    }
  }

  func forEachTensor<Visitor: TensorVisitor & ~Copyable>(
    _ buffer: UnsafeMutableRawBufferPointer, _ visitor: inout Visitor
  ) throws(ModelError) {
    for index in 1..<count {
      do throws(ModelError) {
        switch parts[index - 1] {
        case .some(let part):
          unsafe try part.directory.forEach(part.file, part: index, buffer, &visitor)
        case .none: preconditionFailure("every part is open")
        }
      } catch {
        throw error.found(in: name(index))
      }
    }
  }

  /// - Parameter part: 1 or more.
  func byteCount(ofPart index: Int) -> Int {
    switch parts[index - 1] {
    case .some(let part): part.file.byteCount
    case .none: preconditionFailure("no such part")
    }
  }

  /// - Parameter part: 1 or more.
  func read(
    into target: UnsafeMutableRawBufferPointer, at offset: Int, part index: Int
  ) throws(ModelError) {
    do throws(ModelError) {
      switch parts[index - 1] {
      case .some(let part): unsafe try part.file.fill(target, at: offset)
      case .none: preconditionFailure("no such part")
      }
    } catch {
      throw error.found(in: name(index))
    }
  }
}

extension FurtherParts {
  /// - Parameter part: 1 or more.
  func openRows(at offset: Int, part index: Int) throws(ModelError) -> OpenRows {
    switch parts[index - 1] {
    case .some(let part): try part.file.openTensor(at: offset)
    case .none: preconditionFailure("no such part")
    }
  }
}

/// One of them.
private struct ModelPart: ~Copyable {
  let file: InputFile
  let directory: TensorDirectory
}

/// What is read of the header of a further part. Metadata of the model itself come from the first
/// part and are stepped over here.
private struct PartHeader {
  let split: SplitFacts
  let directory: TensorDirectory

  init(
    _ file: borrowing InputFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    var cursor = unsafe FileCursor(buffer, at: 0, fileByteCount: file.byteCount)
    let preamble = try Preamble(&cursor, of: file)
    let metadata = try Metadata(&cursor, of: file, keyCount: preamble.keyCount)
    if !metadata.isPresent(.splitCount) { throw .key(.splitCount, .missing) }
    split = try SplitFacts(metadata)
    directory = try TensorDirectory(
      &cursor, of: file, tensorCount: preamble.tensorCount, alignment: metadata.alignment())
  }
}

extension InputFile {
  init(model path: UnsafePointer<CChar>) throws(ModelError) {
    do {
      self = unsafe try InputFile(path: path)
    } catch {
      throw .file(error)
    }
  }

  func openTensor(at offset: Int) throws(ModelError) -> OpenRows {
    do throws(SystemFailure) {
      return try openRows(at: offset)
    } catch {
      throw .file(error)
    }
  }

  /// Fills `target`, all of which must lie within the file.
  func fill(_ target: UnsafeMutableRawBufferPointer, at offset: Int) throws(ModelError) {
    let count: Int
    do {
      count = unsafe try read(into: target, at: offset)
    } catch {
      throw .file(error)
    }
    if count < target.count {
      throw .truncated(field: "the data of a tensor", offset: offset, fileByteCount: byteCount)
    }
  }
}
