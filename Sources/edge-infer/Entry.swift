import CPlatform
@_exported import CommandLine
import Platform

/// The program. The processor is checked before anything else runs, because the rest may use
/// instructions that it lacks.
@c(edge_infer_main)
public func main(
  _ argumentCount: Int32, _ argumentValues: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  let processor = ProcessorFeatures()
  if let missing = BuildFeatures.missing(from: processor) {
    return refuse(processor, missing)
  }
  return unsafe runProgram(argumentCount, argumentValues)
}

@inline(never)
private func refuse(_ processor: ProcessorFeatures, _ missing: StaticString) -> Int32 {
  var console = Console()
  console.error.write("edge-infer: this program was built for a processor with ")
  console.error.write(missing)
  console.error.write(", which this one lacks; ")
  console.error.write(BuildFeatures.advice(for: processor))
  console.error.write("\n")
  console.error.flush()
  return ExitCode.unavailable.rawValue
}

@inline(never)
private func runProgram(
  _ argumentCount: Int32, _ argumentValues: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  holdStandardDescriptors()
  edge_keep_heap_small()
  // A reader that goes away, and a file that may not grow, are told of by the write that fails.
  edge_ignore_signal(SIGPIPE)
  edge_ignore_signal(SIGXFSZ)
  var console = Console()
  let code = unsafe perform(argumentCount, argumentValues, &console)
  console.error.flush()
  return code.rawValue
}

/// A standard descriptor that is closed would be given to the next file that is opened, and the
/// answer could go to the report. It gets one that fails as a closed one does.
private func holdStandardDescriptors() {
  for descriptor: Int32 in 0..<3 where edge_is_open(descriptor) == 0 {
    _ = edge_open_null(descriptor == 0 ? O_WRONLY : O_RDONLY)
  }
}

private func perform(
  _ argumentCount: Int32, _ argumentValues: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
  _ console: inout Console
) -> ExitCode {
  do throws(CommandFailure) {
    let arguments = unsafe try readArguments(argumentCount, argumentValues)
    if arguments.wantsHelp {
      var output = TextOutput.standardOutput
      Help.write(arguments.command, to: &output)
      output.flush()
      return .success
    }
    if arguments.wantsVersion {
      Version.write()
      return .success
    }
    switch arguments.command {
    case .run: try runCommand(arguments, &console)
    case .chat: try chatCommand(arguments, &console)
    case .serve: try serveCommand(arguments, &console)
    case .pack: try packCommand(arguments, &console)
    case .probe: try probeCommand(arguments, &console)
    case .profileRun: try profileRunCommand(arguments, &console)
    case .plan: try planCommand(arguments, &console)
    case .bench, .benchScoring, .benchFirstToken: try benchCommand(arguments, &console)
    case .score: try scoreCommand(arguments, &console)
    case .tokenize: try tokenizeCommand(arguments)
    case .template: try templateCommand(arguments, &console)
    case .inspect: try inspectCommand(arguments)
    }
    return .success
  } catch {
    console.report(error)
    return error.code
  }
}

private func readArguments(
  _ count: Int32, _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) throws(CommandFailure) -> Arguments {
  do throws(UsageError) {
    return unsafe try Arguments(count: Int(count), values: values)
  } catch {
    throw CommandFailure(.usage(error))
  }
}
