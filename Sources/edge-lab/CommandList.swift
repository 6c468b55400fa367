/// All commands, in the order of `edge-lab --help`: one line each.
let commandList: [any Command.Type] = [
  NLLCommand.self,
  NeedleCommand.self,
  PhonebookCommand.self,
  LinesCommand.self,
  RulerCommand.self,
  LongBenchCommand.self,
  MathCommand.self,
  CompareCommand.self,
  GeometryCommand.self,
  BudgetsCommand.self,
  ReportCommand.self,
  PlotCommand.self,
]
