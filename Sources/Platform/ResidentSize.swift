import CPlatform
import Synchronization

/// /proc/self/status, where `openResidentSize` found it; `notOpened` before, `absent` where it is
/// not there.
private let statusDescriptor = Atomic<Int32>(notOpened)
private let notOpened: Int32 = -1
private let absent: Int32 = -2
private let statusPath: StaticString = "/proc/self/status"
private let clearPath: StaticString = "/proc/self/clear_refs"
private let clearPeak: StaticString = "5"

/// Opens what `peakResidentByteCount` reads, for the life of the process: after a lockdown nothing
/// can be opened.
@export(interface)
public func openResidentSize() {
  let opened = unsafe edge_open_read(
    UnsafeRawPointer(statusPath.utf8Start).assumingMemoryBound(to: CChar.self))
  statusDescriptor.store(opened < 0 ? absent : opened, ordering: .relaxed)
}

/// The largest resident size this process has had, in bytes: VmHWM of /proc/self/status, which
/// begins anew when a program starts (getrusage's figure begins with that of the program before).
/// Where there is no /proc it is getrusage's figure.
@export(interface)
public func peakResidentByteCount() -> Int {
  if statusDescriptor.load(ordering: .relaxed) == notOpened { openResidentSize() }
  return readPeakFromProc(statusDescriptor.load(ordering: .relaxed))
    ?? Int(edge_peak_resident_bytes())
}

/// The peak begins anew with what is resident now, where the kernel lets a process do that (Linux,
/// Documentation/filesystems/proc.rst, clear_refs); else it stays that of the process.
@export(interface)
public func resetPeakResident() {
  let opened = unsafe edge_open_through(
    UnsafeRawPointer(clearPath.utf8Start).assumingMemoryBound(to: CChar.self), 0)
  if opened < 0 { return }
  _ = unsafe edge_write(opened, clearPeak.utf8Start, clearPeak.utf8CodeUnitCount)
  _ = edge_close(opened)
}

private func readPeakFromProc(_ descriptor: Int32) -> Int? {
  if descriptor < 0 { return nil }
  var text = InlineArray<4096, UInt8>(repeating: 0)
  let count = unsafe withUnsafeMutableBytes(of: &text) { buffer in
    unsafe edge_pread(descriptor, buffer.baseAddress, buffer.count, 0)
  }
  if count < 0 { return nil }
  return kibibytes(after: "VmHWM:", in: text.span.extracting(0..<Int(count))).map { $0 * 1024 }
}

/// The number that follows `label`.
private func kibibytes(after label: StaticString, in text: Span<UInt8>) -> Int? {
  let length = label.utf8CodeUnitCount
  var start = 0
  while start + length < text.count {
    if isLabel(label, in: text, at: start) { return number(in: text, from: start + length) }
    start += 1
  }
  return nil
}

private func isLabel(_ label: StaticString, in text: Span<UInt8>, at start: Int) -> Bool {
  for index in 0..<label.utf8CodeUnitCount
  where unsafe text[start + index] != label.utf8Start[index] {
    return false
  }
  return true
}

private func number(in text: Span<UInt8>, from start: Int) -> Int? {
  var index = start
  while index < text.count && (text[index] == 0x20 || text[index] == 0x09) { index += 1 }
  var value: Int?
  while index < text.count, text[index] >= UInt8(ascii: "0"), text[index] <= UInt8(ascii: "9") {
    value = (value ?? 0) * 10 + Int(text[index] - UInt8(ascii: "0"))
    index += 1
  }
  return value
}

/// Has the system give the page that a byte lies in; its contents stay.
public func touchPage(_ byte: UnsafeMutableRawPointer) { unsafe edge_touch_page(byte) }
