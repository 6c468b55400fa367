import Inference
import Memory
import Model

/// Reading of the vocabulary while the weights are read.
@safe struct TextLoading {
  private let text: UnsafePointer<TextLayout>
  private let model: UnsafePointer<ModelFile>
  private let tables: UnsafeMutableRawBufferPointer
  private let buffer: UnsafeMutableRawBufferPointer
  private var failure: TextFailure?

  /// Loads the weights and the vocabulary.
  /// - Parameter buffer: for reading the header, at least `GGUF.bufferByteCountMin` bytes.
  static func run(
    _ text: borrowing TextLayout, _ model: borrowing ModelFile, _ engine: borrowing Engine,
    into arena: borrowing Arena, buffer: UnsafeMutableRawBufferPointer
  ) throws(TextFailure) {
    unsafe try withUnsafePointer(to: text) { (textPlace) throws(TextFailure) in
      unsafe try withUnsafePointer(to: model) { (modelPlace) throws(TextFailure) in
        var loading = unsafe TextLoading(
          text: textPlace, model: modelPlace, tables: arena.bytes(of: .tokenizer), buffer: buffer)
        unsafe try loading.run(modelPlace.pointee, engine, into: arena)
      }
    }
  }

  private mutating func run(
    _ model: borrowing ModelFile, _ engine: borrowing Engine, into arena: borrowing Arena
  ) throws(TextFailure) {
    let buffer = unsafe buffer
    do throws(ModelError) {
      unsafe try withUnsafeMutablePointer(to: &self) { (place) throws(ModelError) in
        let task = unsafe LoadingTask(place) {
          unsafe $0.assumingMemoryBound(to: TextLoading.self).pointee.readText()
        }
        unsafe try engine.load(model, into: arena, buffer: buffer, beside: task)
      }
    } catch {
      throw .model(error)
    }
    if let failure { throw failure }
  }

  private mutating func readText() {
    do throws(TextFailure) {
      unsafe try text.pointee.load(model.pointee, tables: tables, buffer: buffer)
    } catch {
      failure = error
    }
  }
}
