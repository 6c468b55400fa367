"""Writes GoldenVectors.swift: encoded tensors and what the PyPI package gguf decodes them to.

A few blocks of each type are written out; of many random ones there is a digest of the results.
Needs: pip install gguf numpy. Run it in this directory, then swift format -i GoldenVectors.swift.
"""

import numpy as np
from gguf import GGMLQuantizationType as T, GGML_QUANT_SIZES
from gguf.quants import dequantize, quantize

TYPES = [
    ("float32", T.F32), ("float16", T.F16), ("bfloat16", T.BF16), ("q4_0", T.Q4_0),
    ("q4_1", T.Q4_1), ("q5_0", T.Q5_0), ("q5_1", T.Q5_1), ("q8_0", T.Q8_0),
    ("iq4_nl", T.IQ4_NL),
]
# Of a block's scale it has the exponent alone: those of ordinary numbers, the least, the largest, and NaN's.
EXPONENTS = [127, 118, 0, 1, 2, 251, 254, 255]
# Types whose blocks have 256 elements, and where in a block its Float16 numbers lie; gguf cannot
# encode them.
SUPERBLOCKS = [
    ("q2_k", T.Q2_K, [80, 82]), ("q3_k", T.Q3_K, [108]), ("q4_k", T.Q4_K, [0, 2]),
    ("q5_k", T.Q5_K, [0, 2]), ("q6_k", T.Q6_K, [208]), ("iq4_xs", T.IQ4_XS, [0]),
]
# Of the superblocks that are written out: ordinary, and the largest with a subnormal.
SUPERBLOCK_SCALES = [[0x2E66, 0xB266], [0x7BFF, 0x83FF]]
# Elements behind each digest.
DIGEST_ELEMENT_COUNT = 1 << 17
# Scales as Float16: ordinary, the smallest, a subnormal, the largest, negative zero, infinity, NaN.
SCALES = [0x2E66, 0xB266, 0x0001, 0x83FF, 0x7BFF, 0x8000, 0x7C00, 0x7E00]
HAS_MINIMUM = {T.Q4_1, T.Q5_1}
# Not a multiple of any vector length.
FLOAT_COUNT = 53


def float_bytes(rng, kind):
    values = rng.normal(size=FLOAT_COUNT).astype(np.float32)
    values[:6] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40]
    if kind == T.F32:
        return values.view(np.uint8)
    if kind == T.F16:
        return values.astype(np.float16).view(np.uint8)
    return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)


def block_bytes(rng, kind):
    """One block with each scale and random bits, then one that was quantized from numbers."""
    _, size = GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, size=(len(SCALES), size), dtype=np.uint8)
    for block, scale in zip(blocks, SCALES):
        block[:2] = np.array([scale], dtype="<u2").view(np.uint8)
        if kind in HAS_MINIMUM:
            block[2:4] = np.array([rng.choice(SCALES[:6])], dtype="<u2").view(np.uint8)
    if kind == T.IQ4_NL:  # gguf cannot encode it
        return blocks.ravel()
    plain = quantize(rng.normal(size=(1, 32)).astype(np.float32), kind)
    return np.concatenate([blocks.ravel(), plain.ravel()])


def exponent_bytes(rng, kind):
    """One block with each exponent and random bits, then one that was quantized from numbers."""
    _, size = GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, size=(len(EXPONENTS), size), dtype=np.uint8)
    blocks[:, 0] = EXPONENTS
    plain = quantize(rng.normal(size=(1, 32)).astype(np.float32), kind)
    return np.concatenate([blocks.ravel(), plain.ravel()])


def superblock_bytes(rng, kind, offsets):
    """Random bits with the chosen scales."""
    _, size = GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, size=(len(SUPERBLOCK_SCALES), size), dtype=np.uint8)
    for block, scales in zip(blocks, SUPERBLOCK_SCALES):
        for offset, scale in zip(offsets, scales):
            block[offset : offset + 2] = np.array([scale], dtype="<u2").view(np.uint8)
    return blocks.ravel()


def random_bytes(count, seed):
    """SplitMix64's words in little-endian order, as the test makes them too."""
    words = (count + 7) // 8
    with np.errstate(over="ignore"):
        word = np.arange(1, words + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        word += np.uint64(seed)
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        word ^= word >> np.uint64(31)
    return word.astype("<u8").view(np.uint8)[:count].copy()


def random_blocks(kind, offsets, seed):
    """Random blocks, whose scales are made finite by clearing one bit of those that are not."""
    element_count, size = GGML_QUANT_SIZES[kind]
    block_count = DIGEST_ELEMENT_COUNT // element_count
    blocks = random_bytes(block_count * size, seed).reshape(block_count, size)
    for offset in offsets:
        high = blocks[:, offset + 1]
        high[high & 0x7C == 0x7C] &= 0xFB
    return blocks


def digest(values):
    """FNV-1a over the bits of the values, taken as words of 32 bits."""
    state = 0xCBF29CE484222325
    for word in values.view(np.uint32).tolist():
        state = (state ^ word) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return state


def vector_lines(name, kind, data):
    with np.errstate(invalid="ignore"):
        values = dequantize(data.reshape(1, -1), kind).ravel().astype(np.float32)
    bits = "".join(f"{v:08x}" for v in values.view(np.uint32))
    return [
        "    GoldenVector(", f"      type: .{name},",
        '      bytes: """', lines(data.tobytes().hex()), '      """,',
        '      values: """', lines(bits), '      """),',
    ]


def digest_lines():
    kinds = SUPERBLOCKS + [
        (name, kind, [0, 2] if kind in HAS_MINIMUM else [0])
        for name, kind in TYPES if GGML_QUANT_SIZES[kind][0] == 32
    ]
    for seed, (name, kind, offsets) in enumerate(kinds):
        values = dequantize(random_blocks(kind, offsets, seed), kind).astype(np.float32)
        assert np.isfinite(values).all()
        yield f"    GoldenDigest(type: .{name}, scaleOffsets: {offsets}, seed: {seed},"
        yield f"      digest: 0x{digest(values.ravel()):016X}),"


def lines(text):
    return "\\\n".join(f"      {text[i:i + 88]}" for i in range(0, len(text), 88))


def main():
    rng = np.random.default_rng(7)
    out = [
        "// Made by make_vectors.py with the PyPI package gguf; do not edit.",
        "@testable import Model",
        "",
        "/// Encoded bytes and the bit patterns of the decoded Floats, both in hexadecimal.",
        "struct GoldenVector {",
        "  let type: TensorType",
        "  let bytes: String",
        "  let values: String",
        "",
        "  static let all: [GoldenVector] = [",
    ]
    for name, kind in TYPES:
        is_float = GGML_QUANT_SIZES[kind][0] == 1
        data = (float_bytes if is_float else block_bytes)(rng, kind)
        out += vector_lines(name, kind, data)
    for name, kind, offsets in SUPERBLOCKS:
        out += vector_lines(name, kind, superblock_bytes(rng, kind, offsets))
    out += vector_lines("mxfp4", T.MXFP4, exponent_bytes(rng, T.MXFP4))
    out += [
        "  ]", "}", "",
        "/// What SplitMix64's bytes decode to when scales that are not finite lose a bit.",
        "struct GoldenDigest {",
        "  let type: TensorType",
        "  /// Where a block's Float16 numbers lie.",
        "  let scaleOffsets: [Int]",
        "  let seed: UInt64",
        "  /// FNV-1a over the bits of the Floats as words.",
        "  let digest: UInt64",
        f"  static let elementCount = {DIGEST_ELEMENT_COUNT}",
        "",
        "  static let all: [GoldenDigest] = [",
        *digest_lines(),
    ]
    out += ["  ]", "}", ""]
    with open("GoldenVectors.swift", "w") as file:
        file.write("\n".join(out))


main()
