"""Writes small models with random weights, and what they compute, into the directory given; of GGUF
files that are named too, which must be small Llama models, what they compute.

For each model: NAME.gguf, NAME.tokens, and two files of Float32 logits, one row a token: NAME.exact,
of a plain float64 transformer with the model's own weights, and NAME.rounded, of the same with
weights and activations rounded to int8 (a scale each row, behind a Walsh-Hadamard transform) and keys
and values to Float16.

For some models also NAME.evicted.json: a longer text that the rounded transformer reads block by block
under each policy (policies.py): -log p of every token, and the positions that each head keeps after
each block; and the tokens that it goes on with, each time the best one.

Needs: pip install gguf numpy.
"""

import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as T, GGML_QUANT_SIZES, GGUFReader, GGUFWriter, RopeScalingType
from gguf.quants import dequantize, quantize

from policies import Head, RUNS

VOCABULARY = 320
TOKEN_COUNT = 40
# The text that is read under each policy.
EVICTED = ("llama-untied-factors", "qwen2-yarn", "qwen3-untied", "qwen3moe", "qwen35", "gemma4", "gpt-oss")
LONG_COUNT, BLOCK, BUDGET, ANSWER_COUNT = 160, 16, 48, 24
# What can be made from numbers; of the others random blocks are taken.
MADE = {T.F32, T.F16, T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0, T.MXFP4}


# What the models of an architecture have in common, as Sources/Model/Shape/Architectures has it.
PLAIN = dict(
    interleaved=True, bias=False, head_norms=False, post_norms=False, gelu=False, fused=False,
    # Of every so many layers the last one has full attention; the others see so many tokens, and rotate by
    # a base of their own.
    window=None, window_period=1, window_theta=None,
    # Every so many layers, the last one does not rotate.
    plain_period=None,
    # What the last matrices of attention and of the feed-forward part are multiplied by. Where numbers multiply
    # each other, small differences would otherwise become large ones.
    damping=1.0,
    # Layers that convolve in place of attention, and how many tokens such a layer sees.
    convolutions=(), convolution_length=None,
    # Heads of queries and keys and of values, their lengths, the tokens of the convolution, and how many layers
    # of such a kind come before each one with attention.
    delta=None, delta_period=4,
    # Experts, those of a token, their hidden length; layers before those that have them.
    experts=0, used=0, expert_ff=0, plain_layers=0, sigmoid=False, router_bias=False,
    # Which layers have a window, and the length of their heads; the last layers that have the keys and values of
    # the last one before them that sees as much, whether their own are in the file all the same, and their
    # hidden length; elements of the input of each token for each layer; what logits are capped at.
    windows=None, window_head_dim=None, shared=0, keeps_unused=False, shared_ff=None, inputs=0, cap=None,
    value_norms=False,
    # Whether each query head has a score that joins its softmax, the last matrix of attention, the router and the
    # experts have biases, and the gates of experts are clamped.
    sinks=False,
    rope_dim=None, query_scale=None, embedding_scale=1.0, residual_scale=1.0, logit_divisor=1.0,
    temperature=None,
    # Divisors of the frequencies for texts beyond the original length, and what rotated values then grow by.
    long_factors=False, original=None, attention_factor=None, log_multiplier=None)
ARCHITECTURES = {
    "llama": PLAIN,
    "qwen2": PLAIN | dict(interleaved=False, bias=True),
    "qwen3": PLAIN | dict(interleaved=False, head_norms=True),
    "gemma3": PLAIN | dict(interleaved=False, head_norms=True, post_norms=True, gelu=True, window_period=6),
    "smollm3": PLAIN | dict(plain_period=4),
    "granite": PLAIN,
    "minicpm": PLAIN,
    "mistral3": PLAIN,
    "phi3": PLAIN | dict(interleaved=False, fused=True),
    "lfm2": PLAIN | dict(interleaved=False, head_norms=True, convolution_length=3),
    "qwen3moe": PLAIN | dict(interleaved=False, head_norms=True),
    "granitemoe": PLAIN,
    "qwen35": PLAIN | dict(interleaved=False, head_norms=True),
    "gemma4": PLAIN | dict(
        interleaved=False, head_norms=True, value_norms=True, post_norms=True, gelu=True, query_scale=1.0),
    "gpt-oss": PLAIN | dict(interleaved=False, bias=True, window_period=2, sinks=True),
    "lfm2moe": PLAIN | dict(interleaved=False, head_norms=True, convolution_length=3, sigmoid=True, router_bias=True),
}


def spec(name, arch="llama", kind=T.F32, dim=256, ff=512, heads=4, kv_heads=2, head_dim=64, layers=2,
         tied=True, rope_factors=False, scaling=None, context=512, theta=10000.0, kinds=None, **changes):
    sizes = {key: value for key, value in locals().items() if key != "changes"}
    return sizes | ARCHITECTURES[arch] | changes


def is_delta(s, layer):
    """Whether a layer has a delta rule in place of attention."""
    return bool(s["delta"]) and (layer + 1) % s["delta_period"] != 0


def window(s, layer):
    """How many tokens a token sees in a layer, itself among them; None for all."""
    if s["windows"]:
        return s["window"] if s["windows"][layer] else None
    sees_all = s["window_period"] > 1 and (layer + 1) % s["window_period"] == 0
    return None if sees_all else s["window"]


def head_dim(s, layer):
    return s["window_head_dim"] if s["window_head_dim"] and window(s, layer) else s["head_dim"]


def key_layer(s, layer):
    """The layer whose keys and values a layer attends to."""
    own = s["layers"] - s["shared"]
    return layer if layer < own else max(
        other for other in range(own) if window(s, other) == window(s, layer))


def second_norm(s):
    return "post_attention_norm" if s["delta"] or s["sinks"] else "ffn_norm"


def hidden(s, layer):
    return s["shared_ff"] if s["shared_ff"] and key_layer(s, layer) != layer else s["ff"]


def layer_tensors(s, layer):
    """The tensors of a layer: names, and extents of rows and columns; a vector has no columns."""
    dim, length, ff = s["dim"], head_dim(s, layer), hidden(s, layer)
    queries, keys = s["heads"] * length, s["kv_heads"] * length
    norms = {"attn_norm.weight": (dim,), second_norm(s) + ".weight": (dim,)}
    if s["post_norms"]:
        norms |= {"post_attention_norm.weight": (dim,), "post_ffw_norm.weight": (dim,)}
    attention = ({"attn_qkv": (queries + 2 * keys, dim)} if s["fused"] else
                 {"attn_q": (queries, dim), "attn_k": (keys, dim), "attn_v": (keys, dim)})
    gates = {"ffn_up": (2 * ff, dim)} if s["fused"] else {"ffn_gate": (ff, dim), "ffn_up": (ff, dim)}
    feed_forward = gates | {"ffn_down": (dim, ff)}
    if s["inputs"]:
        feed_forward |= {
            "inp_gate": (s["inputs"], dim), "proj": (dim, s["inputs"]), "post_norm.weight": (dim,),
            "layer_output_scale.weight": (1,)}
    if s["experts"] and layer >= s["plain_layers"]:
        count, ff = s["experts"], s["expert_ff"]
        feed_forward = {
            "ffn_gate_inp": (count, dim), "ffn_gate_exps": (count, ff, dim), "ffn_up_exps": (count, ff, dim),
            "ffn_down_exps": (count, dim, ff)} | ({"exp_probs_b.bias": (count,)} if s["router_bias"] else {})
        if s["sinks"]:
            feed_forward |= {
                "ffn_gate_inp.bias": (count,), "ffn_gate_exps.bias": (count, ff), "ffn_up_exps.bias": (count, ff),
                "ffn_down_exps.bias": (count, dim)}
    if layer in s["convolutions"]:
        return norms | {
            "shortconv.in_proj": (3 * dim, dim), "shortconv.conv": (dim, s["convolution_length"]),
            "shortconv.out_proj": (dim, dim)} | feed_forward
    if s["delta"]:
        attention["attn_q"] = (2 * queries, dim)
    if is_delta(s, layer):
        key_heads, value_heads, key_dim, value_dim, length = s["delta"]
        channels, values = 2 * key_heads * key_dim + value_heads * value_dim, value_heads * value_dim
        return norms | {
            "attn_qkv": (channels, dim), "attn_gate": (values, dim), "ssm_conv1d": (channels, length),
            "ssm_dt.bias": (value_heads,), "ssm_a": (value_heads,), "ssm_beta": (value_heads, dim),
            "ssm_alpha": (value_heads, dim), "ssm_norm.weight": (value_dim,), "ssm_out": (dim, values)} | feed_forward
    matrices = attention | {"attn_output": (dim, queries)} | feed_forward
    biases = {"attn_q.bias": (queries,), "attn_k.bias": (keys,), "attn_v.bias": (keys,)}
    if s["sinks"]:
        biases |= {"attn_output.bias": (dim,), "attn_sinks.weight": (s["heads"],)}
    head_norms = {"attn_q_norm.weight": (length,), "attn_k_norm.weight": (length,)}
    tensors = norms | matrices | (biases if s["bias"] else {}) | (head_norms if s["head_norms"] else {})
    if key_layer(s, layer) != layer and not s["keeps_unused"]:
        for name in ("attn_k", "attn_v", "attn_k_norm.weight"):
            del tensors[name]
    return tensors


SPECS = [spec("llama-" + kind.name, kind=kind) for kind in (
    T.F32, T.F16, T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0, T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.Q6_K,
    T.IQ4_NL, T.IQ4_XS)] + [
    spec("llama-untied-factors", tied=False, rope_factors=True, theta=500000.0, layers=3),
    spec("llama-linear", scaling=("linear", 4.0)),
    spec("llama-bias", bias=True, kv_heads=1),
    spec("llama-80", dim=320, heads=4, head_dim=80, kv_heads=4),
    spec("llama-96", dim=288, heads=3, head_dim=96, kv_heads=1, ff=352),
    spec("llama-128", dim=256, heads=2, head_dim=128, kv_heads=2, ff=576),
    spec("qwen2", arch="qwen2", heads=7, kv_heads=1, dim=448, theta=1e6),
    # Tensor types as in published files of Qwen2.5-0.5B: rows of 896 are no multiple of 256.
    spec("qwen2-mixed", arch="qwen2", heads=14, kv_heads=2, dim=896, ff=4864, layers=1, theta=1e6,
         kinds={"attn_v": T.Q8_0, "ffn_down": T.Q6_K, "token_embd": T.Q8_0}, kind=T.Q5_0),
    spec("qwen2-yarn", arch="qwen2", tied=False, scaling=("yarn", 4.0), context=64, theta=1e6),
    spec("qwen3", arch="qwen3", heads=4, kv_heads=2, head_dim=128, theta=1e6),
    spec("qwen3-untied", arch="qwen3", heads=6, kv_heads=2, head_dim=64, dim=192, tied=False, kind=T.Q4_0),
    # Windows shorter than the text; one layer of seven sees all of it.
    spec("gemma3", arch="gemma3", heads=4, kv_heads=1, head_dim=128, dim=192, ff=384, layers=7, window=12,
         window_theta=1000.0, theta=1e6, embedding_scale=192 ** 0.5),
    spec("gemma3-Q4_0", arch="gemma3", heads=2, kv_heads=2, head_dim=64, dim=128, ff=256, layers=6, window=24,
         scaling=("linear", 8.0), window_theta=10000.0, embedding_scale=128 ** 0.5, kind=T.Q4_0),
    spec("gemma3-no-window", arch="gemma3", heads=2, kv_heads=1, dim=64, ff=128, embedding_scale=8.0, tied=False),
    spec("smollm3", arch="smollm3", heads=4, kv_heads=2, dim=128, ff=256, layers=5, theta=5e6),
    spec("granite", arch="granite", heads=4, kv_heads=2, dim=128, ff=256, layers=3, query_scale=0.1,
         embedding_scale=6.0, residual_scale=0.3, logit_divisor=4.0),
    spec("minicpm", arch="minicpm", heads=2, kv_heads=2, dim=128, ff=256, layers=3, embedding_scale=5.0,
         residual_scale=0.4, logit_divisor=2.0, tied=False),
    spec("phi3", arch="phi3", heads=4, kv_heads=2, head_dim=32, dim=128, ff=256, layers=3, rope_dim=24),
    spec("phi3-long", arch="phi3", heads=2, kv_heads=1, head_dim=64, dim=128, ff=256, layers=2, rope_dim=48,
         long_factors=True, original=32, attention_factor=1.19, kind=T.Q4_0),
    spec("phi3-window", arch="phi3", heads=2, kv_heads=2, head_dim=32, dim=64, ff=128, window=9, tied=False),
    spec("mistral3", arch="mistral3", heads=4, kv_heads=2, dim=128, ff=256, temperature=0.4, context=16,
         scaling=("yarn", 4.0), log_multiplier=1.0),
    spec("lfm2", arch="lfm2", heads=4, kv_heads=2, head_dim=32, dim=128, ff=256, layers=5, convolutions=(0, 1, 3),
         theta=1e6, damping=0.25),
    # Channels that are no multiple of 16, and a convolution over four tokens.
    spec("lfm2-72", arch="lfm2", heads=3, kv_heads=1, head_dim=24, dim=72, ff=120, layers=3, convolutions=(0, 2),
         convolution_length=4),
    spec("lfm2-Q4_0", arch="lfm2", heads=4, kv_heads=4, head_dim=32, dim=128, ff=256, layers=4, convolutions=(1, 3),
         kind=T.Q4_0),
    spec("qwen3moe", arch="qwen3moe", heads=4, kv_heads=2, head_dim=32, dim=128, ff=256, layers=3, experts=7, used=2,
         expert_ff=72, damping=0.25),
    # As many experts a token as there are tokens in a small block, and more than a tile of them.
    spec("qwen3moe-Q4_0", arch="qwen3moe", heads=2, kv_heads=1, dim=64, ff=128, layers=2, experts=24, used=8,
         expert_ff=32, kind=T.Q4_0, tied=False),
    spec("granitemoe", arch="granitemoe", heads=4, kv_heads=2, dim=128, ff=96, layers=2, experts=4, used=1,
         expert_ff=96, query_scale=0.1, embedding_scale=6.0, residual_scale=0.3, logit_divisor=4.0),
    spec("lfm2moe", arch="lfm2moe", heads=4, kv_heads=2, head_dim=32, dim=128, ff=256, layers=4, convolutions=(0, 2),
         experts=6, used=3, expert_ff=64, plain_layers=1),
    spec("qwen35", arch="qwen35", heads=4, kv_heads=2, head_dim=32, dim=128, ff=256, layers=5, rope_dim=8,
         delta=(2, 4, 16, 32, 4), delta_period=3, theta=1e6, damping=0.25),
    spec("qwen35-Q4_0", arch="qwen35", heads=2, kv_heads=1, dim=128, ff=128, layers=4, rope_dim=32,
         delta=(2, 2, 32, 16, 3), kind=T.Q4_0, tied=False),
    spec("gemma4", arch="gemma4", heads=4, kv_heads=2, head_dim=64, window_head_dim=32, dim=128, ff=256, layers=6,
         windows=(True, False, True, True, False, True), window=12, window_theta=1000.0, theta=1e6, shared=2,
         shared_ff=384, inputs=32, cap=30.0, embedding_scale=128 ** 0.5, rope_factors=True),
    # Keys and values that no layer reads, heads of 512 elements, and a window as long as a small block.
    spec("gemma4-Q4_0", arch="gemma4", heads=2, kv_heads=1, head_dim=512, window_head_dim=64, dim=128, ff=128,
         layers=5, windows=(False, True, False, True, True), window=9, window_theta=10000.0, shared=3,
         keeps_unused=True, inputs=64, cap=8.0, embedding_scale=128 ** 0.5, kind=T.Q4_0),
    spec("gpt-oss", arch="gpt-oss", heads=4, kv_heads=2, head_dim=32, dim=128, ff=128, layers=4, window=12,
         scaling=("yarn", 4.0), context=64, theta=150000.0, experts=6, used=2, expert_ff=72, damping=0.25),
    # Tensor types as in the published file, and more query heads than rows of a small tile.
    spec("gpt-oss-MXFP4", arch="gpt-oss", heads=12, kv_heads=1, head_dim=64, dim=96, ff=64, layers=3, window=9,
         scaling=("yarn", 32.0), context=128, theta=150000.0, experts=5, used=4, expert_ff=64, kind=T.Q8_0, tied=False,
         kinds={"ffn_gate_exps": T.MXFP4, "ffn_up_exps": T.MXFP4, "ffn_down_exps": T.MXFP4}),
    # Experts of half a MiB, most of which may stay in a packed file.
    spec("qwen3moe-wide", arch="qwen3moe", kind=T.Q8_0, dim=256, ff=512, layers=4, tied=False, theta=1e6, experts=16,
         used=2, expert_ff=768),
]


def random_blocks(rng, kind, rows, columns):
    """Blocks with random bits and scales of which the weights come out about as large as others."""
    elements, size = GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (rows, columns // elements, size), dtype=np.uint8)
    places, scale = {
        T.Q2_K: ([80, 82], 8e-4), T.Q3_K: ([108], 7e-4), T.Q4_K: ([0, 2], 1.5e-4), T.Q5_K: ([0, 2], 7e-5),
        T.Q6_K: ([208], 4e-5), T.IQ4_NL: ([0], 1e-3), T.IQ4_XS: ([0], 5e-5)}[kind]
    for place in places:
        values = (scale * rng.uniform(0.7, 1.3, blocks.shape[:2])).astype(np.float16)
        blocks[..., place:place + 2] = values[..., None].view(np.uint8)
    return blocks.reshape(rows, -1)


def hadamard(x):
    size, h = x.shape[-1] & -x.shape[-1], 1
    y = x.reshape(-1, size).copy()
    while h < size:
        y = y.reshape(-1, size // (2 * h), 2, h)
        y = np.stack([y[:, :, 0] + y[:, :, 1], y[:, :, 0] - y[:, :, 1]], 2).reshape(-1, size)
        h *= 2
    return (y / np.sqrt(size)).reshape(x.shape)


def int8(x):
    scale = np.maximum(np.abs(x).max(-1, keepdims=True), 1e-12) / 127
    return np.clip(np.rint(x / scale), -127, 127) * scale


class State(list):
    """What a layer without KV heads remembers of a text; it has none of them."""

    def __init__(self, count, dim):
        super().__init__()
        self.rows = np.zeros((count, dim))


class Model:
    def __init__(self, s, rng):
        self.s, self.weights, self.stored, self.rounded = s, {}, {}, {}
        self.matrix(rng, "token_embd", VOCABULARY, s["dim"], 1.0)
        self.vector(rng, self.last_norm() + ".weight", s["dim"])
        if not s["tied"]:
            self.matrix(rng, "output", VOCABULARY, s["dim"])
        for layer in range(s["layers"]):
            self.layer(rng, layer)
        if s["rope_factors"]:
            self.store("rope_freqs.weight", self.rope_factors())
        if s["inputs"]:
            count = s["inputs"] * s["layers"]
            self.matrix(rng, "per_layer_token_embd", VOCABULARY, count)
            self.matrix(rng, "per_layer_model_proj", count, s["dim"])
            self.vector(rng, "per_layer_proj_norm.weight", s["inputs"])
        if s["long_factors"]:
            self.store("rope_factors_long.weight", np.linspace(1, 30, s["rope_dim"] // 2))
            self.store("rope_factors_short.weight", np.linspace(1, 1.5, s["rope_dim"] // 2))

    def rope_factors(self):
        half = self.s["head_dim"] // 2
        if self.s["inputs"]:
            # Three of four pairs do not turn.
            return np.where(np.arange(half) < half // 4, 1, 1e30)
        return np.linspace(1, 8, half)

    def last_norm(self):
        return "token_embd_norm" if self.s["convolution_length"] else "output_norm"

    def layer(self, rng, layer):
        at = f"blk.{layer}."
        for name, extents in layer_tensors(self.s, layer).items():
            if name == "ssm_a":
                self.store(at + name, -np.exp(rng.normal(-1, 0.5, extents)))
            elif name == "attn_sinks.weight":
                self.store(at + name, 3 * rng.normal(size=extents))
            elif name.endswith(".bias"):
                self.store(at + name, rng.normal(size=extents) * (0.2 if name.startswith("exp") else 1))
            elif len(extents) == 3:
                self.matrices(rng, at + name, *extents)
            elif len(extents) == 1:
                self.vector(rng, at + name, extents[0])
            else:
                self.matrix(rng, at + name, *extents)

    def vector(self, rng, name, count):
        self.store(name, rng.uniform(0.5, 1.5, count))

    def store(self, name, values):
        self.stored[name] = (values.astype(np.float32), T.F32)
        self.weights[name] = self.stored[name][0].astype(np.float64)

    def matrix(self, rng, name, rows, columns, size=None):
        kind = (self.s["kinds"] or {}).get(name.split(".")[-1], self.s["kind"])
        if name.endswith(("shortconv.conv", "ffn_gate_inp", "ssm_conv1d", "ssm_beta", "ssm_alpha")):
            kind = T.F32
        if kind in MADE:
            values = rng.normal(size=(rows, columns)) * (size or columns ** -0.5)
            if name.endswith(("_output", "out_proj", "ssm_out", "ffn_down", "ffn_down_exps")):
                values *= self.s["damping"]
            data = quantize(values.astype(np.float32), kind)
        else:
            data = random_blocks(rng, kind, rows, columns)
        self.stored[name + ".weight"] = (data, kind)
        self.weights[name + ".weight"] = dequantize(data, kind).astype(np.float64).reshape(rows, columns)

    def matrices(self, rng, name, count, rows, columns):
        """One matrix for each expert."""
        self.matrix(rng, name, count * rows, columns)
        name += ".weight"
        data, kind = self.stored[name]
        self.stored[name] = (data.reshape(count, rows, -1), kind)
        self.weights[name] = self.weights[name].reshape(count, rows, columns)

    def write(self, path):
        s = self.s
        out = GGUFWriter(path, s["arch"])
        out.add_name(s["name"])
        out.add_block_count(s["layers"])
        out.add_context_length(s["context"])
        out.add_embedding_length(s["dim"])
        out.add_feed_forward_length(
            [hidden(s, layer) for layer in range(s["layers"])] if s["shared_ff"] else s["ff"])
        out.add_head_count(s["heads"])
        out.add_head_count_kv(
            [0 if layer in s["convolutions"] else s["kv_heads"] for layer in range(s["layers"])]
            if s["convolutions"] else s["kv_heads"])
        out.add_layer_norm_rms_eps(1e-5)
        out.add_rope_freq_base(s["theta"])
        out.add_vocab_size(VOCABULARY)
        out.add_key_length(s["head_dim"])
        out.add_value_length(s["head_dim"])
        self.write_keys(out)
        if s["scaling"]:
            out.add_rope_scaling_type(RopeScalingType(s["scaling"][0]))
            out.add_rope_scaling_factor(s["scaling"][1])
            out.add_rope_scaling_orig_ctx_len(s["context"])
        for name, (data, kind) in self.stored.items():
            out.add_tensor(name, data, raw_dtype=None if kind in (T.F32, T.F16) else kind)
        out.write_header_to_file()
        out.write_kv_data_to_file()
        out.write_tensors_to_file()
        out.close()

    def write_keys(self, out):
        """Keys that only some architectures have."""
        s, prefix = self.s, self.s["arch"] + "."
        for key, value in {
                "attention.scale": s["query_scale"] if s["arch"].startswith("granite") else None,
                "attention.temperature_scale": s["temperature"], "rope.freq_base_swa": s["window_theta"],
                "embedding_scale": s["embedding_scale"], "residual_scale": s["residual_scale"],
                "rope.scaling.attn_factor": s["attention_factor"],
                "rope.scaling.yarn_log_multiplier": s["log_multiplier"],
                "logit_scale": s["logit_divisor"]}.items():
            is_own = key != "embedding_scale" or s["arch"] not in ("gemma3", "gemma4")
            if value is not None and is_own and (value != 1 or s["arch"] == "minicpm" or "yarn" in key):
                out.add_float32(prefix + key, value)
        if s["window"]:
            out.add_uint32(prefix + "attention.sliding_window", s["window"])
        if s["inputs"]:
            out.add_uint32(prefix + "embedding_length_per_layer_input", s["inputs"])
            out.add_uint32(prefix + "attention.shared_kv_layers", s["shared"])
            out.add_array(prefix + "attention.sliding_window_pattern", list(s["windows"]))
            for key in ("attention.key_length_swa", "attention.value_length_swa", "rope.dimension_count_swa"):
                out.add_uint32(prefix + key, s["window_head_dim"])
            out.add_float32(prefix + "final_logit_softcapping", s["cap"])
        if s["delta"]:
            key_heads, value_heads, key_dim, value_dim, length = s["delta"]
            for key, value in {
                    "ssm.group_count": key_heads, "ssm.time_step_rank": value_heads, "ssm.state_size": key_dim,
                    "ssm.inner_size": value_heads * value_dim, "ssm.conv_kernel": length,
                    "full_attention_interval": s["delta_period"]}.items():
                out.add_uint32(prefix + key, value)
        if s["experts"]:
            out.add_expert_count(s["experts"])
            out.add_expert_used_count(s["used"])
        if s["experts"] and s["expert_ff"] != s["ff"]:
            out.add_expert_feed_forward_length(s["expert_ff"])
        if s["plain_layers"]:
            out.add_leading_dense_block_count(s["plain_layers"])
        if s["convolution_length"]:
            out.add_uint32(prefix + "shortconv.l_cache", s["convolution_length"])
        if s["rope_dim"]:
            out.add_uint32(prefix + "rope.dimension_count", s["rope_dim"])
        if s["original"]:
            out.add_rope_scaling_orig_ctx_len(s["original"])

    def window(self, layer):
        return window(self.s, layer)

    def angles(self, layer):
        """Frequencies and the factor of rotated values."""
        s, half = self.s, (self.s["rope_dim"] or head_dim(self.s, layer)) // 2
        index = np.arange(half)
        if s["plain_period"] and (layer + 1) % s["plain_period"] == 0:
            return np.zeros(half), 1.0
        if s["window_theta"] and self.window(layer):
            return s["window_theta"] ** (-index / half), 1.0
        frequencies = s["theta"] ** (-index / half)
        if s["rope_factors"]:
            frequencies /= self.weights["rope_freqs.weight"]
        if s["long_factors"]:
            # The text is longer than the original length.
            frequencies /= self.weights["rope_factors_long.weight"]
        if not s["scaling"]:
            return frequencies, s["attention_factor"] or 1.0
        kind, factor = s["scaling"]
        if kind == "linear":
            return frequencies / factor, 1.0
        # Hugging Face's form of YaRN, with its defaults of 32 and 1 turns.
        dimension = lambda turns: (s["head_dim"] * np.log(s["context"] / (turns * 2 * np.pi))) / (
            2 * np.log(s["theta"]))
        low, high = max(np.floor(dimension(32)), 0), min(np.ceil(dimension(1)), s["head_dim"] - 1)
        ramp = np.clip((index - low) / max(high - low, 0.001), 0, 1)
        growth = 0.1 * np.log(factor)
        return (frequencies / factor * ramp + frequencies * (1 - ramp),
                (growth + 1) / (growth * (s["log_multiplier"] or 0) + 1))

    def rotate(self, x, positions, layer):
        frequencies, factor = self.angles(layer)
        if (count := 2 * len(frequencies)) < x.shape[-1]:
            return np.concatenate([self.rotated(x[..., :count], positions, frequencies, factor), x[..., count:]], -1)
        return self.rotated(x, positions, frequencies, factor)

    def rotated(self, x, positions, frequencies, factor):
        angle = positions[:, None] * frequencies
        cosine, sine = np.cos(angle)[:, None] * factor, np.sin(angle)[:, None] * factor
        out = np.empty_like(x)
        half = x.shape[-1] // 2
        first, second = ((slice(0, None, 2), slice(1, None, 2)) if self.s["interleaved"]
                         else (slice(0, half), slice(half, None)))
        a, b = x[..., first], x[..., second]
        out[..., first], out[..., second] = a * cosine - b * sine, a * sine + b * cosine
        return out

    def norm(self, x, name):
        return x / np.sqrt((x ** 2).mean(-1, keepdims=True) + 1e-5) * self.weights[name + ".weight"]

    def rounded_weight(self, name):
        if name not in self.rounded:
            self.rounded[name] = int8(hadamard(self.weights[name + ".weight"]))
        return self.rounded[name]

    def linear(self, x, name, rounds):
        w = self.rounded_weight(name) if rounds else self.weights[name + ".weight"]
        y = (int8(hadamard(x)) if rounds else x) @ w.T
        return y + self.weights[name + ".bias"] if name + ".bias" in self.weights else y

    def inputs(self, x, at, rounds):
        """Queries, keys and values."""
        s = self.s
        if not s["fused"]:
            return [self.linear(x, at + name, rounds) for name in ("attn_q", "attn_k", "attn_v")]
        queries, keys = s["heads"] * s["head_dim"], s["kv_heads"] * s["head_dim"]
        return np.split(self.linear(x, at + "attn_qkv", rounds), [queries, queries + keys], -1)

    def gate_and_up(self, x, at, rounds):
        if self.s["fused"]:
            return np.split(self.linear(x, at + "ffn_up", rounds), 2, -1)
        return self.linear(x, at + "ffn_gate", rounds), self.linear(x, at + "ffn_up", rounds)

    def feed_forward(self, x, layer, rounds):
        at = f"blk.{layer}."
        if not self.s["experts"] or layer < self.s["plain_layers"]:
            gate, up = self.gate_and_up(x, at, rounds)
            return self.linear(self.activation(gate) * up, at + "ffn_down", rounds)
        logits = self.linear(x, at + "ffn_gate_inp", False)
        numbers = 1 / (1 + np.exp(-logits)) if self.s["sigmoid"] else np.exp(logits - logits.max(-1, keepdims=True))
        ranked = np.argsort(-(numbers + self.weights.get(at + "exp_probs_b.bias", 0)), axis=-1, kind="stable")
        out = np.zeros_like(x)
        for token, chosen in enumerate(ranked[:, :self.s["used"]]):
            row = x[token:token + 1]
            for expert in chosen:
                gate, up = (self.expert(row, at + name, expert, rounds) for name in ("ffn_gate_exps", "ffn_up_exps"))
                given = self.expert(self.gated(gate, up), at + "ffn_down_exps", expert, rounds)
                out[token] += given[0] * numbers[token, expert] / numbers[token, chosen].sum()
        return out

    def expert(self, x, name, expert, rounds):
        w = (self.rounded_weight(name) if rounds else self.weights[name + ".weight"])[expert]
        y = (int8(hadamard(x)) if rounds else x) @ w.T
        return y + self.weights[name + ".bias"][expert] if name + ".bias" in self.weights else y

    def gated(self, gate, up):
        if not self.s["sinks"]:
            return self.activation(gate) * up
        gate, up = np.minimum(gate, 7), np.clip(up, -7, 7)
        return gate / (1 + np.exp(-1.702 * gate)) * (up + 1)

    def activation(self, x):
        if self.s["gelu"]:
            return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))
        return x / (1 + np.exp(-x))

    def query_factors(self, positions):
        s = self.s
        factors = np.full(len(positions), s["query_scale"] or s["head_dim"] ** -0.5)
        if s["temperature"]:
            factors *= 1 + s["temperature"] * np.log(positions // s["context"] + 1)
        return factors[:, None]

    def attend(self, x, layer, heads, positions, rounds):
        """Adds the tokens to the cache of each KV head, and attends to all that it holds."""
        s, count, at = self.s, x.shape[0], f"blk.{layer}."
        if key_layer(s, layer) != layer:
            q = self.linear(x, at + "attn_q", rounds).reshape(count, -1, head_dim(s, layer))
            q = self.rotate(self.norm(q, at + "attn_q_norm"), positions, layer)
            # Policies take the weights of the last layer that attends to the keys.
            for head in heads:
                head.seen = []
            return self.attended(q, layer, heads, positions).reshape(count, -1)
        q, k, v = (rows.reshape(count, -1, head_dim(s, layer)) for rows in self.inputs(x, at, rounds))
        if s["delta"]:
            # Behind each head's query lies its gate.
            q, gate = q[:, 0::2], q[:, 1::2]
        if s["head_norms"]:
            q, k = self.norm(q, at + "attn_q_norm"), self.norm(k, at + "attn_k_norm")
        if s["value_norms"]:
            v = v / np.sqrt((v ** 2).mean(-1, keepdims=True) + 1e-5)
        plain = k
        q, k = self.rotate(q, positions, layer), self.rotate(k, positions, layer)
        if rounds:
            k, v = k.astype(np.float16).astype(np.float64), v.astype(np.float16).astype(np.float64)
        for index, head in enumerate(heads):
            head.append(k[:, index], v[:, index], positions, plain[:, index])
        out = self.attended(q, layer, heads, positions)
        if s["delta"]:
            out = out / (1 + np.exp(-gate))
        return out.reshape(count, -1)

    def attended(self, q, layer, heads, positions):
        group = self.s["heads"] // self.s["kv_heads"]
        out = np.empty_like(q)
        for index, head in enumerate(heads):
            for query in range(index * group, (index + 1) * group):
                scores = q[:, query] @ head.keys.T * self.query_factors(positions)
                ages = positions[:, None] - head.positions[None]
                scores[(ages < 0) | (ages >= (self.window(layer) or np.inf))] = -np.inf
                largest = scores.max(-1, keepdims=True)
                weights = np.exp(scores - largest)
                total = weights.sum(-1, keepdims=True)
                if self.s["sinks"]:
                    total = total + np.exp(self.weights[f"blk.{layer}.attn_sinks.weight"][query] - largest)
                weights /= total
                head.see(weights)
                out[:, query] = weights @ head.values
        return out

    def layer_inputs(self, x, tokens, rounds):
        """The inputs of each token for all layers."""
        s = self.s
        shape = (len(tokens), s["layers"], s["inputs"])
        made = self.linear(x / np.sqrt(s["dim"]), "per_layer_model_proj", rounds).reshape(shape)
        stored = self.weights["per_layer_token_embd.weight"][tokens].reshape(shape) * np.sqrt(s["inputs"])
        return (self.norm(made, "per_layer_proj_norm") + stored) / np.sqrt(2)

    def add_input(self, x, inputs, at, rounds):
        gated = self.activation(self.linear(x, at + "inp_gate", rounds)) * inputs
        x = x + self.norm(self.linear(gated, at + "proj", rounds), at + "post_norm")
        return x * self.weights[at + "layer_output_scale.weight"]

    def convolve(self, x, layer, state, rounds):
        """A gated short convolution over the products of two thirds of its input."""
        at, count, length = f"blk.{layer}.", x.shape[0], self.s["convolution_length"]
        b, c, x = np.split(self.linear(x, at + "shortconv.in_proj", rounds), 3, -1)
        taken = np.vstack([state.rows, b * x])
        state.rows = taken[count:]
        weights = self.weights[at + "shortconv.conv.weight"]
        return c * sum(taken[place:place + count] * weights[:, place] for place in range(length))

    def delta_rule(self, x, layer, state, rounds):
        """The gated delta rule, token by token."""
        at, count = f"blk.{layer}.", x.shape[0]
        key_heads, value_heads, key_dim, value_dim, length = self.s["delta"]
        sigmoid = lambda v: 1 / (1 + np.exp(-v))
        rows = np.vstack([state.rows, self.linear(x, at + "attn_qkv", rounds)])
        state.rows = rows[count:]
        weights = self.weights[at + "ssm_conv1d.weight"]
        mixed = sum(rows[place:place + count] * weights[:, place] for place in range(length))
        mixed = mixed * sigmoid(mixed)
        gate = self.linear(x, at + "attn_gate", rounds)
        rates = sigmoid(x @ self.weights[at + "ssm_beta.weight"].T)
        alpha = x @ self.weights[at + "ssm_alpha.weight"].T + self.weights[at + "ssm_dt.bias"]
        decays = np.exp(self.weights[at + "ssm_a"] * np.log1p(np.exp(alpha)))
        out = np.empty((count, value_heads, value_dim))
        unit = lambda v: v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-5)
        q, k, v = np.split(mixed, [key_heads * key_dim, 2 * key_heads * key_dim], -1)
        q, k = (unit(rows.reshape(count, key_heads, key_dim)) for rows in (q, k))
        v = v.reshape(count, value_heads, value_dim)
        for token in range(count):
            for head in range(value_heads):
                held, key = state.memory[head], k[token, head % key_heads]
                held *= decays[token, head]
                held += np.outer(key, rates[token, head] * (v[token, head] - key @ held))
                out[token, head] = q[token, head % key_heads] @ held / np.sqrt(key_dim)
        out = self.norm(out, at + "ssm_norm").reshape(count, -1)
        return out * gate * sigmoid(gate)

    def state(self, layer):
        s = self.s
        if layer in s["convolutions"]:
            return State(s["convolution_length"] - 1, s["dim"])
        if not is_delta(s, layer):
            return None
        key_heads, value_heads, key_dim, value_dim, length = s["delta"]
        state = State(length - 1, 2 * key_heads * key_dim + value_heads * value_dim)
        state.memory = np.zeros((value_heads, key_dim, value_dim))
        return state

    def cache(self):
        s = self.s
        cache = [state if (state := self.state(layer)) is not None
                 else [Head(head_dim(s, layer)) for _ in range(s["kv_heads"])]
                 for layer in range(s["layers"])]
        return [cache[key_layer(s, layer)] for layer in range(s["layers"])]

    def block(self, tokens, cache, start, rounds):
        """Logits of a block of tokens behind those that the cache holds."""
        positions = np.arange(start, start + len(tokens))
        if rounds:
            x = hadamard(self.rounded_weight("token_embd")[tokens])
        else:
            x = self.weights["token_embd.weight"][tokens]
        x = x * self.s["embedding_scale"]
        layer_inputs = self.layer_inputs(x, tokens, rounds) if self.s["inputs"] else None
        for layer, heads in enumerate(cache):
            at = f"blk.{layer}."
            inputs = self.norm(x, at + "attn_norm")
            if is_delta(self.s, layer):
                mixed, output = self.delta_rule(inputs, layer, heads, rounds), "ssm_out"
            elif isinstance(heads, State):
                mixed, output = self.convolve(inputs, layer, heads, rounds), "shortconv.out_proj"
            else:
                mixed, output = self.attend(inputs, layer, heads, positions, rounds), "attn_output"
            x = x + self.branch(self.linear(mixed, at + output, rounds), at + "post_attention_norm")
            x = x + self.branch(
                self.feed_forward(self.norm(x, at + second_norm(self.s)), layer, rounds), at + "post_ffw_norm")
            if layer_inputs is not None:
                x = self.add_input(x, layer_inputs[:, layer], at, rounds)
        head = "token_embd" if self.s["tied"] else "output"
        logits = self.linear(self.norm(x, self.last_norm()), head, rounds) / self.s["logit_divisor"]
        return np.tanh(logits / self.s["cap"]) * self.s["cap"] if self.s["cap"] else logits

    def branch(self, x, norm):
        """What is added to the residual stream."""
        return (self.norm(x, norm) if self.s["post_norms"] else x) * self.s["residual_scale"]

    def logits(self, tokens, rounds):
        return self.block(tokens, self.cache(), 0, rounds)

    def evicted(self, tokens, run):
        """-log p of each token after the first, and what each head keeps after each block."""
        cache, losses, kept = self.cache(), [], []
        for start in range(0, len(tokens), BLOCK):
            logits = self.block(tokens[start:start + BLOCK], cache, start, True)
            own = [[] if key_layer(self.s, layer) != layer else heads for layer, heads in enumerate(cache)]
            for layer, heads in enumerate(own):
                for head in heads:
                    if self.window(layer):
                        head.keep_latest(self.window(layer) - 1)
                    else:
                        head.evict(run, BUDGET)
            kept.append([[head.positions.tolist() for head in heads] for heads in own])
            losses += [log_sum_exp(row) - row[token] for row, token in zip(logits, tokens[start + 1:])]
        return {"nll": losses, "kept": kept}

    def greedy(self, tokens, count, rounds):
        """What the model goes on with, the best token each time, and by how much each was the best."""
        cache, ids, margins = self.cache(), [], []
        logits = self.block(tokens, cache, 0, rounds)[-1]
        while len(ids) < count:
            second, first = np.sort(logits)[-2:]
            ids.append(int(logits.argmax()))
            margins.append(float(first - second))
            logits = self.block(np.array(ids[-1:]), cache, len(tokens) + len(ids) - 1, rounds)[-1]
        return ids, margins


def log_sum_exp(row):
    return row.max() + np.log(np.exp(row - row.max()).sum())


class PublishedModel(Model):
    def __init__(self, path):
        file = GGUFReader(path)
        value = lambda key: file.fields["llama." + key].contents()
        self.weights = {
            t.name: dequantize(t.data, t.tensor_type).astype(np.float64).reshape(tuple(reversed(t.shape.tolist())))
            for t in file.tensors}
        self.rounded = {}
        heads = value("attention.head_count")
        self.s = spec(
            path.stem, dim=value("embedding_length"), heads=heads, head_dim=value("embedding_length") // heads,
            layers=value("block_count"), tied="output.weight" not in self.weights)
        self.s["kv_heads"] = value("attention.head_count_kv")


def write_computed(model, tokens, directory):
    path = str(directory / model.s["name"])
    Path(path + ".tokens").write_text(" ".join(map(str, tokens)))
    for rounds, ending in ((False, ".exact"), (True, ".rounded")):
        model.logits(tokens, rounds).astype(np.float32).tofile(path + ending)


def write_evicted(model, rng, directory):
    tokens = rng.integers(0, VOCABULARY, LONG_COUNT)
    ids, margins = model.greedy(tokens[:TOKEN_COUNT], ANSWER_COUNT, True)
    (directory / (model.s["name"] + ".evicted.json")).write_text(json.dumps({
        "tokens": tokens.tolist(), "block": BLOCK, "budget": BUDGET,
        "runs": [dict(run, **model.evicted(tokens, run)) for run in RUNS],
        "promptCount": TOKEN_COUNT, "answer": ids, "margins": margins}))


def main(directory, published):
    directory.mkdir(parents=True, exist_ok=True)
    for number, s in enumerate(SPECS):
        rng = np.random.default_rng(number)
        model = Model(s, rng)
        write_computed(model, rng.integers(0, VOCABULARY, TOKEN_COUNT), directory)
        model.write(directory / (s["name"] + ".gguf"))
        if s["name"] in EVICTED:
            write_evicted(model, rng, directory)
    for path in published:
        model = PublishedModel(path)
        # The first tokens of "Once upon a time".
        prompt = [1, 403, 407, 261]
        answer, _ = model.greedy(np.array(prompt), TOKEN_COUNT - len(prompt), False)
        write_computed(model, np.array(prompt + answer), directory)
        (directory / path.name).symlink_to(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(p).resolve() for p in sys.argv[2:]])
