import Generation
import Inference
import Model
import Platform
import Profile

/// Why a measurement ends before its time.
public enum MeasurementError: LineError {
  /// In the model's file.
  case model(ModelError)
  /// In the head budgets.
  case headShares(HeadSharesError)
  /// Memory or threads that the system does not give.
  case refused(SystemFailure)
  /// The plan is over the cap.
  case overCap(FitAdvice)
  /// The plan of a measurement of policies' cost is over the cap.
  case costOverCap(PolicyCostAdvice)
  /// Tokens could not pass through the model.
  case pass(PassFailure)
  /// A signal ended it, and it has nothing to show for the work before.
  case interrupt

  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .model(let error): error.write(to: &out)
    case .headShares(let error): error.write(to: &out)
    case .refused(let failure):
      out.write("cannot ")
      out.write(failure.operation)
      out.write(": ")
      out.write(failure.reason)
    case .overCap(let advice): advice.write(to: &out)
    case .costOverCap(let advice): advice.write(to: &out)
    case .pass(let failure): failure.write(to: &out)
    case .interrupt: out.write("interrupted")
    }
  }

  public var exitCode: ExitCode {
    switch self {
    case .model(let error): error.exitCode
    case .headShares(let error): error.exitCode
    case .refused: .systemRefused
    case .overCap, .costOverCap: .configuration
    case .pass(let failure): failure.exitCode
    case .interrupt: .interrupted
    }
  }
}
