r"""Weights of the recogniser's shape for llama.cpp: random ones, for its speed, never accuracy.

    python -m tools.bench.peer_weights LLAMA_CPP_TREE FOLDER [--shape 0.6b|1.7b]
    llama-quantize FOLDER/text.gguf FOLDER/text-q4.gguf Q4_K_M

writes FOLDER/text.gguf (float16) and FOLDER/encoder.gguf (bfloat16, convolutions in float16) with
the gguf package of that tree, named and shaped as its own converter does. llama-mtmd-cli then does
qasr's work, one clip after another (30 s give it 403 places of sound in place of 390):

    python -m tools.bench_engine --only-peers --shape 0.6b --weights DIR --threads 1 --peer \
        'llama.cpp=bash -c "for clip; do printf \"/audio %s\nx\n/clear\n\" $clip; done |
            llama-mtmd-cli -m FOLDER/text-q4.gguf --mmproj FOLDER/encoder.gguf -t {threads} \
            -c 1024 -n {tokens} --ignore-eos --samplers top_k --top-k 1 -fa off --no-warmup
            " - {clips}'
"""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench.shapes import config_of

_SPREAD = 0.02
_POSITIONS = 1500  # so many sinusoids the converter writes
_BYTES = 256
_SPECIAL = {
    151_643: "<|endoftext|>",
    151_644: "<|im_start|>",
    151_645: "<|im_end|>",
    151_669: "<|audio_start|>",
    151_670: "<|audio_end|>",
    151_676: "<|audio_pad|>",
}
_ROLES = ("system", "user", "assistant")
_CHAT = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
    " + '<|im_end|>' + '\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

_Gguf = Any  # a module that is imported once its tree is known
_Shapes = dict[str, tuple[int, ...]]


def write_text(gguf: _Gguf, path: Path, text: dict[str, Any]) -> None:
    """The text model, its tokenizer and its chat template, from its configuration."""
    writer = gguf.GGUFWriter(path, "qwen3vl")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_block_count(text["num_hidden_layers"])
    writer.add_context_length(text["max_position_embeddings"])
    writer.add_embedding_length(text["hidden_size"])
    writer.add_feed_forward_length(text["intermediate_size"])
    writer.add_head_count(text["num_attention_heads"])
    writer.add_head_count_kv(text["num_key_value_heads"])
    writer.add_key_length(text["head_dim"])
    writer.add_value_length(text["head_dim"])
    writer.add_layer_norm_rms_eps(text["rms_norm_eps"])
    writer.add_rope_freq_base(text["rope_parameters"]["rope_theta"])
    writer.add_rope_dimension_sections([24, 20, 20, 0])
    _add_tokenizer(gguf, writer, text["vocab_size"])
    _write_tensors(gguf, writer, _text_shapes(text), "F16")


def write_encoder(gguf: _Gguf, path: Path, audio: dict[str, Any]) -> None:
    """The audio encoder, from its configuration."""
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    writer.add_bool("clip.has_audio_encoder", True)
    writer.add_clip_audio_projector_type(gguf.VisionProjectorType.QWEN3A)
    writer.add_audio_projection_dim(audio["output_dim"])
    writer.add_audio_embedding_length(audio["d_model"])
    writer.add_audio_feed_forward_length(audio["encoder_ffn_dim"])
    writer.add_audio_block_count(audio["encoder_layers"])
    writer.add_audio_head_count(audio["encoder_attention_heads"])
    writer.add_audio_num_mel_bins(audio["num_mel_bins"])
    writer.add_audio_attention_layernorm_eps(1e-5)
    writer.add_tensor("a.position_embd.weight", _sinusoids(audio["d_model"]))
    # Of float32, float16, bfloat16 and Q8_0 the one in which llama.cpp's encoder is fastest.
    _write_tensors(gguf, writer, _encoder_shapes(audio), "BF16")


def _text_shapes(text: dict[str, Any]) -> _Shapes:
    hidden, inter, head = text["hidden_size"], text["intermediate_size"], text["head_dim"]
    queries, keys = text["num_attention_heads"] * head, text["num_key_value_heads"] * head
    layer: _Shapes = {
        "attn_norm": (hidden,),
        "attn_q": (queries, hidden),
        "attn_k": (keys, hidden),
        "attn_v": (keys, hidden),
        "attn_q_norm": (head,),
        "attn_k_norm": (head,),
        "attn_output": (hidden, queries),
        "ffn_norm": (hidden,),
        "ffn_gate": (inter, hidden),
        "ffn_up": (inter, hidden),
        "ffn_down": (hidden, inter),
    }
    shapes: _Shapes = {"token_embd.weight": (text["vocab_size"], hidden)}
    for number in range(text["num_hidden_layers"]):
        shapes |= {f"blk.{number}.{name}.weight": shape for name, shape in layer.items()}
    return shapes | {"output_norm.weight": (hidden,)}


def _encoder_shapes(audio: dict[str, Any]) -> _Shapes:
    width, inter, depth = (
        audio["d_model"],
        audio["encoder_ffn_dim"],
        audio["downsample_hidden_size"],
    )
    layer: _Shapes = {
        "ln1": (width,),
        "attn_q": (width, width),
        "attn_k": (width, width),
        "attn_v": (width, width),
        "attn_out": (width, width),
        "ln2": (width,),
        "ffn_up": (inter, width),
        "ffn_down": (width, inter),
    }
    biased: _Shapes = {"a.post_ln": (width,)}
    for number in range(audio["encoder_layers"]):
        biased |= {f"a.blk.{number}.{name}": shape for name, shape in layer.items()}
    biased |= {"mm.a.mlp.1": (width, width), "mm.a.mlp.2": (audio["output_dim"], width)}
    shapes: _Shapes = {"a.conv_out.weight": (width, depth * audio["num_mel_bins"] // 8)}
    for number, before in enumerate((1, depth, depth), 1):
        shapes[f"a.conv2d.{number}.weight"] = (depth, before, 3, 3)
        shapes[f"a.conv2d.{number}.bias"] = (depth, 1, 1)
    for name, shape in biased.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


def _write_tensors(gguf: _Gguf, writer: _Gguf, shapes: _Shapes, matrices: str) -> None:
    chance = np.random.default_rng(0)
    for name, shape in shapes.items():
        drawn = chance.standard_normal(shape, dtype=np.float32) * _SPREAD
        if name.endswith(".bias"):
            writer.add_tensor(name, drawn)
        elif len(shape) == 1:  # norms
            writer.add_tensor(name, np.ones(shape, np.float32))
        else:
            kind = gguf.GGMLQuantizationType["F16" if "conv2d" in name else matrices]
            writer.add_tensor(name, gguf.quants.quantize(drawn, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _sinusoids(width: int) -> np.ndarray:
    angles = np.outer(np.arange(_POSITIONS), 10_000 ** -np.linspace(0, 1, width // 2))
    return np.hstack([np.sin(angles), np.cos(angles)]).astype(np.float32)


def _add_tokenizer(gguf: _Gguf, writer: _Gguf, vocab_size: int) -> None:
    """One that knows bytes, the roles and the special tokens; all others are made up."""
    seen = {*range(33, 127), *range(161, 173), *range(174, _BYTES)}
    unseen = iter(range(_BYTES, 2 * _BYTES))  # GPT-2's stand-ins for bytes that cannot be seen
    tokens = [chr(byte if byte in seen else next(unseen)) for byte in range(_BYTES)]
    parts = [(role[:end], role[end]) for role in _ROLES for end in range(1, len(role))]
    tokens += [before + after for before, after in parts]
    tokens += [f"made_up_{number}" for number in range(len(tokens), vocab_size)]
    types = [gguf.TokenType.NORMAL] * vocab_size
    for number, name in _SPECIAL.items():
        tokens[number], types[number] = name, gguf.TokenType.CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([f"{before} {after}" for before, after in parts])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(_CHAT)


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tree", type=Path, help="llama.cpp's sources")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", choices=("0.6b", "1.7b"), default="0.6b")
    given = parser.parse_args()
    sys.path.insert(0, str(given.tree / "gguf-py"))
    gguf = importlib.import_module("gguf")
    config = config_of(given.shape, "recogniser")
    given.folder.mkdir(parents=True, exist_ok=True)
    write_encoder(gguf, given.folder / "encoder.gguf", config["audio_config"])
    write_text(gguf, given.folder / "text.gguf", config["text_config"])


if __name__ == "__main__":
    main()
