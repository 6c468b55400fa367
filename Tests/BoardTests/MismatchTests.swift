import Foundation
import Profile
import Testing

@testable import Board

/// Which of the things that a processor lacks is named: of made-up processors, so that the tests do
/// not depend on the one that they run on.
struct MismatchTests {
  /// From the least to the most, as processors of x86-64 came.
  private static let avx2 = instructions(width: 256)
  private static let avx512 = instructions(width: 512)
  private static let vnni = instructions(width: 512, dotProduct: true)
  private static let float16 = instructions(width: 512, fp16: true, dotProduct: true)
  private static let x86 = [instructions(width: 0), avx2, avx512, vnni, float16]

  private static let neon = instructions(isArm: true, width: 128)
  private static let neonDot = instructions(isArm: true, width: 128, fp16: true, dotProduct: true)
  private static let neonI8mm = instructions(
    isArm: true, width: 128, fp16: true, dotProduct: true, i8mm: true)
  private static let arm = [neon, neonDot, neonI8mm]

  private static func instructions(
    isArm: Bool = false, width: Int, fp16: Bool = false, dotProduct: Bool = false,
    i8mm: Bool = false
  ) -> Instructions {
    var value = Instructions()
    value.isArm = isArm
    value.vectorWidthBits = width
    value.fp16 = fp16
    value.dotProduct = dotProduct
    value.i8mm = i8mm
    return value
  }

  private func profile(_ name: String) throws -> DeviceProfile {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Profiles/\(name).json")
    return try DeviceProfile(json: Array(Data(contentsOf: file)).span)
  }

  /// Whatever else a board's profile asks for, on x86-64 it lacks NEON, and the other way round.
  @Test func anotherArchitectureComesFirst() throws {
    for name in ["pi4", "pi5", "jetson-orin-nano", "rk3588"] {
      let profile = try profile(name)
      for processor in Self.x86 { #expect(processor.mismatch(with: profile) == .neon) }
    }
    for processor in Self.arm {
      #expect(processor.mismatch(with: try profile("host")) == .avx2)
      #expect(processor.mismatch(with: try profile("host-avx512")) == .avx512)
    }
  }

  @Test func widthComesBeforeFeatures() throws {
    let profile = try profile("host-avx512")
    let found = Self.x86.map { $0.mismatch(with: profile) }
    #expect(found == [.avx512, .avx512, .dotProduct, .float16, nil])
    let least = try self.profile("host")
    #expect(Self.x86.map { $0.mismatch(with: least) } == [.avx2, nil, nil, nil, nil])
  }

  @Test func featuresOfBoards() throws {
    #expect(Self.arm.map { $0.mismatch(with: try! profile("pi4")) } == [nil, nil, nil])
    #expect(Self.arm.map { $0.mismatch(with: try! profile("pi5")) } == [.dotProduct, nil, nil])
    var newer = try profile("pi5")
    newer.setInstructions(fp16: true, dotProduct: true, i8mm: true)
    let found = Self.arm.map { $0.mismatch(with: newer) }
    #expect(found == [.dotProduct, .int8MatrixMultiply, nil])
  }

  @Test func eachHasItsName() {
    let all: [ProfileMismatch] = [
      .neon, .avx2, .avx512, .dotProduct, .float16, .int8MatrixMultiply,
    ]
    #expect(Set(all.map { "\($0.name)" }).count == all.count)
    #expect("\(ProfileMismatch.neon.name)".contains("NEON"))
  }
}
