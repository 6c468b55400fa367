// swift-tools-version: 6.2
import PackageDescription

// Every target of the program compiles in two ways from the same files:
//  - release: Embedded Swift with -no-allocations, for x86-64 Linux here and for aarch64 Linux with
//    a toolset from Toolchain/, whose own -march comes after the host's and takes its place;
//  - debug: ordinary Swift, for tests; optimized, because the kernels are tested on real sizes.
// An Embedded build compiles whatever a module may call in modules below it once more, so that it can
// inline it. Functions that are too large for that are @export(interface), public ones and those that
// generic ones call: they are compiled in their own module alone. For a property, its getter has the mark.
let both: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .unsafeFlags(
    ["-no-allocations", "-wmo", "-Xfrontend", "-function-sections"],
    .when(configuration: .release)),
  .unsafeFlags(["-Xcc", "-march=native"], .when(platforms: [.linux])),
]
let device: [SwiftSetting] =
  both + [
    .enableExperimentalFeature("Embedded", .when(configuration: .release)),
    .unsafeFlags(["-O", "-wmo"], .when(configuration: .debug)),
  ]
let strict: [SwiftSetting] = device + [.strictMemorySafety()]
// What runs once, or waits for a person: small, not fast.
let cold: [SwiftSetting] = strict + [.unsafeFlags(["-Osize"], .when(configuration: .release))]
// Programs: a feature that is enabled by its name is enabled for linking too, in a debug build as well,
// which then lacks what registers its types with Swift's runtime. So they name it by its flag.
let embedded = ["-enable-experimental-feature", "Embedded"]
let program: [SwiftSetting] =
  both + [
    .strictMemorySafety(),
    .unsafeFlags(embedded, .when(configuration: .release)),
    .unsafeFlags(["-O"], .when(configuration: .debug)),
    .unsafeFlags(["-parse-as-library"]),
  ]
let command: [SwiftSetting] =
  program + [.unsafeFlags(["-Osize"], .when(configuration: .release))]
let linked: [LinkerSetting] = [.unsafeFlags(embedded, .when(configuration: .release))]

let package = Package(
  name: "edge-infer",
  products: [.executable(name: "edge-infer", targets: ["edge-infer"])],
  targets: [
    .systemLibrary(name: "CInstructions"),
    .systemLibrary(name: "CPlatform"),
    .systemLibrary(name: "CPage"),
    .target(name: "Text", swiftSettings: strict),
    .target(
      name: "Platform", dependencies: ["Text", "CPlatform", "CInstructions"], swiftSettings: strict),
    .target(name: "Profile", dependencies: ["Platform"], swiftSettings: cold),
    .target(name: "Board", dependencies: ["Platform", "Profile"], swiftSettings: cold),
    .target(
      name: "Service",
      dependencies: [
        "CPage", "Text", "Platform", "Memory", "Model", "Tokenizer", "Template", "Inference",
        "Constraint",
        "Generation",
      ],
      swiftSettings: cold),
    .target(
      name: "Memory", dependencies: ["Platform"],
      swiftSettings: strict + [.enableExperimentalFeature("RawLayout")]),
    .target(name: "Kernels", dependencies: ["CInstructions"], swiftSettings: strict),
    .target(
      name: "Model", dependencies: ["Platform", "Memory", "CInstructions"], swiftSettings: strict),
    .target(name: "Template", dependencies: ["Text", "Memory"], swiftSettings: cold),
    .target(name: "Tokenizer", dependencies: ["Platform", "Memory"], swiftSettings: strict),
    .target(
      name: "Constraint", dependencies: ["Text", "Memory", "Tokenizer"], swiftSettings: strict),
    .target(
      name: "Generation",
      dependencies: [
        "Text", "Platform", "Memory", "Kernels", "Model", "Tokenizer", "Template", "Constraint",
        "Inference",
      ],
      swiftSettings: strict),
    .target(
      name: "KVCache", dependencies: ["Platform", "Profile", "Memory", "Kernels"],
      swiftSettings: strict),
    .target(
      name: "Inference",
      dependencies: ["Platform", "Profile", "Memory", "Kernels", "Model", "KVCache"],
      swiftSettings: strict),
    .target(
      name: "Measurement",
      dependencies: [
        "CPlatform", "Platform", "Profile", "Board", "Memory", "Kernels", "Model", "KVCache",
        "Inference", "Generation",
      ],
      swiftSettings: strict),
    .target(
      name: "LineEditing", dependencies: ["Text", "Platform", "Memory"], swiftSettings: cold),
    .target(
      name: "CommandLine", dependencies: ["CPlatform", "Text", "Platform", "Profile"],
      swiftSettings: cold),
    .executableTarget(
      name: "edge-infer",
      dependencies: [
        "CommandLine", "LineEditing", "Text",
        "Platform", "Profile", "Board", "Service", "Memory", "Kernels", "Model", "Tokenizer",
        "Template", "Constraint", "Generation",
        "KVCache", "Inference", "Measurement",
      ],
      swiftSettings: command,
      linkerSettings: linked + [.unsafeFlags(["-Xlinker", "--gc-sections"])]),
    .target(
      name: "KernelChecks", dependencies: ["Platform", "Profile", "Memory", "Kernels", "KVCache"],
      path: "Tests/KernelChecks", swiftSettings: device),
    .executableTarget(
      name: "device-checks",
      dependencies: ["KernelChecks", "Platform", "Profile", "Text", "Memory", "Constraint"],
      path: "Tests/DeviceChecks", swiftSettings: program, linkerSettings: linked),
    .testTarget(name: "TextTests", dependencies: ["Text"]),
    .testTarget(
      name: "CommandLineTests", dependencies: ["CommandLine", "Generation", "Profile", "Text"]),
    .testTarget(name: "LineEditingTests", dependencies: ["LineEditing", "Text"]),
    .testTarget(name: "PlatformTests", dependencies: ["Platform"]),
    .testTarget(
      name: "ServiceTests",
      dependencies: [
        "Service", "Generation", "Inference", "KVCache", "Tokenizer", "Model", "Memory", "Platform",
        "Constraint", "Profile", "Text",
      ]),
    .testTarget(name: "MemoryTests", dependencies: ["Memory"]),
    .testTarget(name: "ProfileTests", dependencies: ["Profile", "Platform"]),
    .testTarget(name: "BoardTests", dependencies: ["Board", "Profile", "Platform"]),
    .testTarget(
      name: "KernelsTests", dependencies: ["KernelChecks", "Kernels", "Platform", "Profile"]),
    .testTarget(
      name: "KVCacheTests", dependencies: ["KVCache", "Profile", "Kernels", "Memory"],
      swiftSettings: [.unsafeFlags(["-O"])]),
    .testTarget(
      name: "ModelTests",
      dependencies: [
        "Model", "Memory", "Platform", "Tokenizer", "Generation", "Profile", "KVCache", "Inference",
        "Kernels",
      ],
      exclude: ["make_vectors.py"], swiftSettings: [.unsafeFlags(["-O"])]),
    .testTarget(
      name: "TemplateTests", dependencies: ["Template", "Memory", "Text"],
      swiftSettings: [.unsafeFlags(["-O"])]),
    .testTarget(
      name: "TokenizerTests", dependencies: ["Tokenizer", "Memory", "Platform"],
      exclude: ["make_vocabularies.py"]),
    .testTarget(
      name: "ConstraintTests", dependencies: ["Constraint", "Tokenizer", "Memory", "Text"],
      exclude: ["make_suite.py"],
      swiftSettings: [.unsafeFlags(["-O"])]),
    .testTarget(
      name: "InferenceTests",
      dependencies: ["Inference", "Model", "Memory", "KVCache", "Profile", "Platform"],
      swiftSettings: [.unsafeFlags(["-O"])]),
    .testTarget(
      name: "GenerationTests",
      dependencies: [
        "Generation", "Inference", "Tokenizer", "Template", "KVCache", "Model", "Memory", "Profile",
        "Platform",
      ],
      swiftSettings: [.unsafeFlags(["-O"])]),
    .testTarget(
      name: "MeasurementTests",
      dependencies: [
        "Measurement", "Inference", "Model", "Memory", "KVCache", "Profile", "Platform",
      ],
      swiftSettings: [.unsafeFlags(["-O"])]),
    .testTarget(
      name: "ProgramTests",
      exclude: [
        "Clients", "make_models.py", "page_client.py", "policies.py", "serve_client.py",
        "serve_load.py", "short_reads.c",
      ]),
  ]
)

// libFuzzer brings their main function: Toolchain/fuzz builds them by themselves.
let isFuzzBuild = Context.environment["EDGE_INFER_FUZZ_BUILD"] != nil
if isFuzzBuild {
  package.targets.append(
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "Text", "Platform", "Profile", "Memory", "Model", "Tokenizer", "Template", "Constraint",
        "Generation", "KVCache", "Inference", "TestSupport",
      ],
      path: "Tests/Fuzz", swiftSettings: [.unsafeFlags(["-O", "-parse-as-library"])]))
}

// edge-lab runs on the host and uses Foundation, which Embedded Swift has not: it is no part of the
// release build. Toolchain/lab builds and runs it.
let lab: [SwiftSetting] = [.unsafeFlags(["-O"])]
if Context.environment["EDGE_INFER_LAB"] != nil {
  package.products.append(.executable(name: "edge-lab", targets: ["edge-lab"]))
  package.targets += [
    .target(name: "LabResults", swiftSettings: lab),
    .target(name: "LabTasks", dependencies: ["LabResults"], swiftSettings: lab),
    .target(name: "LabReport", dependencies: ["LabResults"], swiftSettings: lab),
    .target(
      name: "LabModel",
      dependencies: ["Platform", "Profile", "Memory", "Model", "Kernels", "KVCache", "Inference"],
      swiftSettings: lab + [.unsafeFlags(["-Xcc", "-march=native"], .when(platforms: [.linux]))]),
    .executableTarget(
      name: "edge-lab",
      dependencies: [
        "Platform", "Profile", "Memory", "Model", "Tokenizer", "Template", "Generation", "KVCache",
        "Inference", "LabResults", "LabTasks", "LabReport", "LabModel",
      ],
      swiftSettings: lab),
    .testTarget(name: "LabResultsTests", dependencies: ["LabResults"]),
    .testTarget(name: "LabTasksTests", dependencies: ["LabTasks", "LabResults"]),
    .testTarget(name: "LabReportTests", dependencies: ["LabReport", "LabResults"]),
    .testTarget(
      name: "LabModelTests",
      dependencies: ["LabModel", "Inference", "Model", "Memory", "Profile", "Platform"]),
    .testTarget(
      name: "LabTests",
      dependencies: ["edge-lab", "LabResults", "LabTasks", "Inference", "KVCache", "Profile"]),
  ]
}

// Builds with a sanitizer are of the modules: the program's tests run the release build.
if Context.environment["EDGE_INFER_MODULES_ONLY"] != nil {
  package.products = []
  package.targets.removeAll { $0.name == "edge-infer" || $0.name == "ProgramTests" }
}

// Tests alone that are named, to build less while working: EDGE_INFER_TESTS=KVCacheTests,ModelTests
if let named = Context.environment["EDGE_INFER_TESTS"] {
  let names = named.split(separator: ",").map(String.init)
  package.targets.removeAll { $0.type == .test && !names.contains($0.name) }
}

// What all tests share. It is a test target itself, which a release build leaves out: ordinary Swift
// cannot import the modules that such a build makes. The fuzzer, no test target, needs it as a library.
for target in package.targets where target.type == .test {
  target.dependencies.append("TestSupport")
}
let sharedByTests: [Target.Dependency] = ["Platform", "Model"]
package.targets.append(
  isFuzzBuild
    ? .target(name: "TestSupport", dependencies: sharedByTests, path: "Tests/TestSupport")
    : .testTarget(
      name: "TestSupport", dependencies: sharedByTests, swiftSettings: [.unsafeFlags(["-O"])]))
