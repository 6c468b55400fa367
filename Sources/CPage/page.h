// The page for browsers, as bytes of the program: page.html is the source. The compiler looks at it again
// when this header has changed: touch it after a change of the page.
#ifndef EDGE_PAGE_H
#define EDGE_PAGE_H

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char edge_page_bytes[] = {
#embed "page.html"
};
#pragma clang diagnostic pop

static inline const unsigned char *_Nonnull edge_page(void) { return edge_page_bytes; }
static inline long edge_page_byte_count(void) { return sizeof edge_page_bytes; }

#endif
