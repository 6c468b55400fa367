/// All commands, in the order of `edge-lab --help`: one line each.
let commandList: [any Command.Type] = [
  NLLCommand.self
]
