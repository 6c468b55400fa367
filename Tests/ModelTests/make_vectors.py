"""Writes GoldenVectors.swift: encoded tensors and what the PyPI package gguf decodes them to.

Needs: pip install gguf numpy. Run it in this directory.
"""

import numpy as np
from gguf import GGMLQuantizationType as T, GGML_QUANT_SIZES
from gguf.quants import dequantize, quantize

TYPES = [
    ("float32", T.F32), ("float16", T.F16), ("bfloat16", T.BF16), ("q4_0", T.Q4_0),
    ("q4_1", T.Q4_1), ("q5_0", T.Q5_0), ("q5_1", T.Q5_1), ("q8_0", T.Q8_0),
]
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
    plain = quantize(rng.normal(size=(1, 32)).astype(np.float32), kind)
    return np.concatenate([blocks.ravel(), plain.ravel()])


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
        with np.errstate(invalid="ignore"):
            values = dequantize(data.reshape(1, -1), kind).ravel().astype(np.float32)
        bits = "".join(f"{v:08x}" for v in values.view(np.uint32))
        out += [
            "    GoldenVector(", f"      type: .{name},",
            '      bytes: """', lines(data.tobytes().hex()), '      """,',
            '      values: """', lines(bits), '      """),',
        ]
    out += ["  ]", "}", ""]
    with open("GoldenVectors.swift", "w") as file:
        file.write("\n".join(out))


main()
