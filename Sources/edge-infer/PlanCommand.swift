import Generation
import Inference
import Memory
import Model
import Platform
import Profile
import Service

/// `plan`: the memory plan of a command, and whether it is below the cap. Reads no weights.
func planCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let settings = try Settings(arguments, &console)
  let preparation = try Preparation(arguments, settings, plannedNeeds(arguments))
  let cap = settings.profile.ramCapByteCount
  var output = TextOutput.standardOutput
  if arguments.isJSON {
    PlanTable.writeReport(
      preparation.plan, capByteCount: cap,
      keptFile: preparation.keptTextSizes.map {
        ($0.fileByteCount, $0.slotByteCount, $0.slotCount)
      },
      to: &output)
  } else {
    PlanTable.write(preparation.plan, capByteCount: cap, to: &output)
    writeFormats(of: preparation, &output)
    writeWindows(of: preparation, &output)
    writeStates(of: preparation, &output)
    writeExperts(of: preparation, &output)
    writeSharedKeys(of: preparation, &output)
    if let sizes = preparation.keptTextSizes { writeKeptFile(sizes, &output) }
  }
  try finish(&output)
  try preparation.checkCap()
}

/// What each format of matrices takes, if there is one beside int8.
private func writeFormats(of preparation: borrowing Preparation, _ out: inout TextOutput) {
  var shape = preparation.opened.model.shape
  if preparation.opened.settings.keepsCodes { shape.keepsCodes = true }
  let tally = FormatTally(shape)
  if tally.isInt8Alone { return }
  for index in 0..<FormatTally.count where tally.byteCount(index) > 0 {
    out.write("   of them ")
    out.write(FormatTally.name(index), width: 16)
    out.write(tally.byteCount(index), width: 15)
    out.write(Double(tally.byteCount(index)) / 1_048_576, decimals: 2, width: 12)
    out.write("\n")
  }
}

/// The slots of layers that see a window only, which the budget does not change.
private func writeWindows(of preparation: borrowing Preparation, _ out: inout TextOutput) {
  let (shape, settings) = (preparation.opened.model.shape, preparation.opened.settings)
  if shape.windowLayerCount == 0 { return }
  out.write("   ")
  out.write(shape.windowLayerCount)
  out.write(" of ")
  out.write(shape.layerCount)
  out.write(" layers see a window and hold ")
  out.write(settings.windowSlotCount(of: shape))
  out.write(" slots a KV head, the others ")
  out.write(settings.slotCount)
  out.write("\n")
}

/// Layers that no policy evicts from, because they keep no keys.
private func writeStates(of preparation: borrowing Preparation, _ out: inout TextOutput) {
  let shape = preparation.opened.model.shape
  if shape.stateLayerCount == 0 { return }
  out.write("   ")
  out.write(shape.stateLayerCount)
  out.write(" of ")
  out.write(shape.layerCount)
  out.write(" layers keep a state of fixed size in place of keys and need no eviction\n")
}

/// Layers without keys of their own, and what stays in the file.
private func writeSharedKeys(of preparation: borrowing Preparation, _ out: inout TextOutput) {
  let shape = preparation.opened.model.shape
  if shape.sharedKeyLayerCount > 0 {
    out.write("   ")
    out.write(shape.sharedKeyLayerCount)
    out.write(" of ")
    out.write(shape.layerCount)
    out.write(" layers attend to the keys and values of another layer\n")
  }
  if shape.layerInputLength > 0 {
    out.write("   inputs of layers stay in the file: a token reads a row of ")
    out.write(shape.layerInputLength * shape.layerCount)
    out.write(" numbers\n")
  }
}

/// How much of the experts' bytes a token reads.
private func writeExperts(of preparation: borrowing Preparation, _ out: inout TextOutput) {
  let shape = preparation.opened.model.shape
  let total = preparation.plan.byteCount(of: .experts)
  if total == 0 { return }
  let experts = shape.layer(shape.layerCount - 1).experts
  let (count, usedCount) = (experts?.count ?? 1, experts?.usedCount ?? 1)
  out.write("   a token reads ")
  out.write(usedCount)
  out.write(" of ")
  out.write(count)
  out.write(" experts a layer, ")
  out.write(Double(total) / Double(count) * Double(usedCount) / 1_048_576, decimals: 2)
  out.write(" MiB of them\n")
  let inFile = preparation.plan.byteCountInFile
  if inFile == 0 { return }
  out.write("   experts are pages of the file, ")
  out.write(Double(total) / 1_048_576, decimals: 2)
  out.write(" MiB; at most ")
  out.write(
    Double(preparation.plan.residentByteCount(of: .experts)) / 1_048_576, decimals: 2)
  out.write(" MiB are in memory, the rest is read when a token needs it\n")
}

/// What the file of kept texts takes, which is no memory.
private func writeKeptFile(_ sizes: KeptTextSizes, _ out: inout TextOutput) {
  out.write("   the file of kept texts takes ")
  out.write(sizes.fileByteCount)
  out.write(" bytes and has room for ")
  out.write(sizes.slotCount)
  out.write(sizes.slotCount == 1 ? " text of up to " : " texts of up to ")
  out.write(sizes.slotByteCount)
  out.write("\n")
}

private func plannedNeeds(_ arguments: Arguments) -> ProgramNeeds {
  switch arguments.plannedCommand {
  case .chat: chatNeeds(arguments)
  case .serve: serveNeeds(arguments)
  default: runNeeds(arguments)
  }
}
