import Platform
@c(edge_infer_main)
public func main(_ argc: Int32, _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
  var out = TextOutput.standardOutput
  out.write(-12.345, decimals: 2); out.write("\n"); out.flush()
  return 0
}
