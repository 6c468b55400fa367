import CPage
import Text

// The page for browsers.
extension ServiceLoop where Host: ~Copyable {
  mutating func answerPage(_ index: Int) {
    var writer = begin(index, .page)
    writer.write(page)
    end(index, &writer)
  }

  /// `Sources/CPage/page.html`.
  private var page: Span<UInt8> {
    @_lifetime(immortal)
    get {
      let bytes = unsafe Span(_unsafeStart: edge_page(), count: edge_page_byte_count())
      return unsafe _overrideLifetime(bytes, borrowing: ())
    }
  }
}
