"""Writes small vocabularies, and the tokens that published tokenizers make of some texts with them,
into the directory given. They are learned from the text files named.

NAME.json, NAME being what `tokenizer.ggml.pre` names, or `llama` for SentencePiece: tokens, their
types and scores as GGUF has them, merges, texts, and the ids of each text.

Needs: pip install tokenizers sentencepiece.
"""

import io
import json
import random
import sys
from pathlib import Path

import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SIZE = 1000
SPECIAL = "<|end|>"
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6


def expression(digits):
    """That of Llama 3 and, with one digit, of Qwen 2."""
    return Regex(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,%d}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                 r"|\s*[\r\n]+|\s+(?!\S)|\s+" % digits)


def split(digits):
    return [pre_tokenizers.Split(expression(digits), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]


# How text is cut, and whether a word that is a token is that token whatever its merges make of it.
CUTS = {
    "gpt-2": ([pre_tokenizers.ByteLevel(add_prefix_space=False)], False),
    "smollm": ([pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False)], False),
    "qwen2": (split(1), False),
    "llama-bpe": (split(3), True),
}

TEXTS = [
    "", " ", "  ", "\n", "\t\t", "a", "Hello world", " Hello  world ", "The cache holds 1234567 tokens.",
    "It's they'll I'VE we'd 'tis", "x = y*2 - (3.5e-7)", "line\nline\r\nline\n\n\n  line\t", "3½ ٣ ०१२",
    "é ü ñ Ünïcode", "日本語のテキスト。", "Привет, мир!", "कि नमस्ते", "مرحبا", "🦙😀👩‍👩‍👧", "a\u00a0b\u3000c",
    "...!!!???", "$100,000.00 <tag> #hash @name", "    if (count > 0) { return count; }",
    "evictionevictioneviction", "done.\n\nNext: 128 512 2048,\n", "IT'S WE'LL", "KeyDiff evicts the tokens whose keys are most alike.",
]


def texts():
    """Those above, and random rows of their parts."""
    parts = [part for text in TEXTS for part in (text, text[:3], text[-2:])]
    source = random.Random(17)
    return TEXTS + ["".join(source.choices(parts, k=source.randint(2, 12))) for _ in range(60)]


def byte_pair(name, files):
    cuts, ignores_merges = CUTS[name]
    made = Tokenizer(models.BPE(ignore_merges=ignores_merges))
    made.pre_tokenizer = pre_tokenizers.Sequence(cuts)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(files, trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=[SPECIAL], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    model = json.loads(made.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    return {
        "tokens": tokens, "types": [CONTROL if token == SPECIAL else NORMAL for token in tokens],
        "scores": [0] * len(tokens), "merges": [" ".join(pair) for pair in model["merges"]],
        "texts": texts(), "ids": [made.encode(text).ids for text in texts()]}


def sentence_piece(lines):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=SIZE,
        byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        split_digits=True, allow_whitespace_only_pieces=True, minloglevel=2)
    made = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    kind = lambda token: (UNKNOWN if made.is_unknown(token) else CONTROL if made.is_control(token)
                          else BYTE if made.is_byte(token) else NORMAL)
    count = made.get_piece_size()
    return {
        "tokens": [made.id_to_piece(token) for token in range(count)],
        "types": [kind(token) for token in range(count)],
        "scores": [made.get_score(token) for token in range(count)], "merges": [],
        "texts": texts(), "ids": [made.encode(text) for text in texts()]}


def main(directory, files):
    directory.mkdir(parents=True, exist_ok=True)
    contents = [file.read_text() for file in files]
    lines = [line for text in contents for line in text.splitlines() if line]
    made = {name: byte_pair(name, contents) for name in CUTS} | {"llama": sentence_piece(lines)}
    for name, vocabulary in made.items():
        (directory / (name + ".json")).write_text(json.dumps(vocabulary))


main(Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]])
