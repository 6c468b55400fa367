import Foundation

/// A small model of an architecture with random weights, and llama.cpp's logits on it.
public struct GoldenArchitecture {
  public static let names = [
    "gemma3", "smollm3", "granite", "minicpm", "phi3", "mistral3", "lfm2", "qwen3moe", "qwen35",
    "gemma4", "gpt-oss",
  ].filter { Files.hasGolden("tiny/\($0).npy") }

  public let model: String
  public let tokens: String
  /// `[tokens][vocabulary]`
  public let logits: [Float]

  public init(_ name: String) throws {
    let base = Files.golden("tiny/" + name)
    model = base.appendingPathExtension("gguf").path
    tokens = base.appendingPathExtension("ids").path
    // NumPy's format 1: ten bytes, the last two the length of the header, the header, the numbers.
    let file = try Data(contentsOf: base.appendingPathExtension("npy"))
    let start = 10 + Int(file[8]) + 256 * Int(file[9])
    logits = file.dropFirst(start).withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  /// Pearson's correlation with other logits.
  public func correlation(_ other: [Float]) -> Double {
    let count = Double(logits.count)
    let (a, b) = (logits.map(Double.init), other.map(Double.init))
    let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
    var (products, squaresA, squaresB) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      products += (x - meanA) * (y - meanB)
      squaresA += (x - meanA) * (x - meanA)
      squaresB += (y - meanB) * (y - meanB)
    }
    return products / (squaresA * squaresB).squareRoot()
  }
}
