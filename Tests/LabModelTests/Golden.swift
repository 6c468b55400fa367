import Foundation
import TestSupport

struct Golden: Decodable {
  let tokens: [Int32]
  let nll: [Double]
  /// The five best ids of each of the first positions, with log-probabilities.
  let top: [[[Double]]]

  init() throws {
    self = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Files.golden("full.json")))
  }
}
