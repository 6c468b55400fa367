import Foundation
import Inference
import Model
import Platform
import Profile

/// A file of head budgets, in memory that stays.
final class HeadFile {
  private let path: String
  private let shares: UnsafeMutablePointer<HeadShares>
  var kept: KeptHeadShares { KeptHeadShares(shares) }

  /// - Parameter shape: of the model that the budgets must be for.
  init(_ path: String, for shape: ModelShape) throws(LabFailure) {
    self.path = path
    shares = .allocate(capacity: 1)
    shares.initialize(to: HeadShares())
    let bytes = Array(try fileContents(path))
    do throws(HeadSharesError) {
      try shares.pointee.read(json: bytes.span)
      try shape.check(kept)
    } catch {
      throw LabFailure(error, path: path)
    }
  }

  deinit { shares.deallocate() }

  /// The model must be the one of the file.
  func check(_ engine: borrowing Engine) throws(LabFailure) {
    do throws(HeadSharesError) {
      try engine.checkHeadShares()
    } catch {
      throw LabFailure(error, path: path)
    }
  }
}
