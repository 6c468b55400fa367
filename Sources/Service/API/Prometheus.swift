import Platform

/// Metrics as Prometheus reads them (text exposition format 0.0.4).
public enum Prometheus {
  public static func write<Sink: ByteSink & ~Copyable>(
    head name: StaticString, _ help: StaticString, _ type: StaticString, to out: inout Sink
  ) {
    out.write("# HELP ")
    out.write(name)
    out.write(" ")
    out.write(help)
    out.write("\n# TYPE ")
    out.write(name)
    out.write(" ")
    out.write(type)
    out.write("\n")
  }

  public static func write<Sink: ByteSink & ~Copyable>(
    counter name: StaticString, _ help: StaticString, _ value: Int, to out: inout Sink
  ) {
    write(head: name, help, "counter", to: &out)
    write(name, value, &out)
  }

  public static func write<Sink: ByteSink & ~Copyable>(
    gauge name: StaticString, _ value: Int, to out: inout Sink
  ) {
    write(gaugeHead: name, &out)
    write(name, value, &out)
  }

  public static func write<Sink: ByteSink & ~Copyable>(
    gauge name: StaticString, thousandths value: Int, to out: inout Sink
  ) {
    write(gaugeHead: name, &out)
    out.write(name)
    out.write(value < 0 ? " -" : " ")
    out.write(millionths: abs(value) * 1000)
    out.write("\n")
  }

  private static func write<Sink: ByteSink & ~Copyable>(
    gaugeHead name: StaticString, _ out: inout Sink
  ) {
    out.write("# TYPE ")
    out.write(name)
    out.write(" gauge\n")
  }

  private static func write<Sink: ByteSink & ~Copyable>(
    _ name: StaticString, _ value: Int, _ out: inout Sink
  ) {
    out.write(name)
    out.write(" ")
    out.write(value)
    out.write("\n")
  }
}

extension ByteSink where Self: ~Copyable {
  /// A number with as many of six decimals as count.
  mutating func write(millionths: Int) {
    write(millionths / 1_000_000)
    var rest = millionths % 1_000_000
    if rest == 0 { return }
    write(".")
    var place = 100_000
    while rest > 0 {
      write(rest / place)
      rest %= place
      place /= 10
    }
  }
}
