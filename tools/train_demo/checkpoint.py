"""The two checkpoints: their shape, templates and first weights; loading and saving.

Enlarge or shrink the pair in `_config`. To add a language, see `tools/demo_language.py`; a byte
pair tokenizer can write any text, so a pair that exists can be trained further on new words.
"""

import copy
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from transformers import (
    GenerationConfig,
    Qwen3ASRConfig,
    Qwen3ASRFeatureExtractor,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
    Qwen3ASRProcessor,
)

from tools.train_demo.tokenizer import (
    AUDIO_END,
    AUDIO_PAD,
    AUDIO_START,
    END_OF_TEXT,
    TIME_MARKER,
    TURN_END,
    new_tokenizer,
)

Role = Literal["asr", "aligner"]
Part = Literal["stem", "encoder"]  # the three convolutions, or everything before the text layers
_MODEL_CLASSES: dict[Role, Any] = {
    "asr": Qwen3ASRForConditionalGeneration,
    "aligner": Qwen3ASRForTokenClassification,
}

TIME_CLASS_MS = 80  # what the library's processor takes one class of the aligner for
_TIME_CLASS_COUNT = 400  # 32 s
_TEXT_LAYER_COUNTS: dict[Role, int] = {"asr": 3, "aligner": 5}


_IS_AUDIO = "c.type == 'audio' or ('audio' in c) or ('audio_url' in c)"
_AUDIO = AUDIO_START + AUDIO_PAD + AUDIO_END
_ASR_TEMPLATE = f"""\
{{%- set seen = namespace(system='', audio='') -%}}
{{%- for m in messages if m.content is string and m.role == 'system' -%}}
{{%- set seen.system = seen.system + m.content -%}}{{%- endfor -%}}
{{%- for m in messages if m.content is not string -%}}{{%- for c in m.content -%}}
{{%- if {_IS_AUDIO} -%}}{{%- set seen.audio = seen.audio + '{_AUDIO}' -%}}
{{%- elif m.role == 'system' and c.type == 'text' -%}}
{{%- set seen.system = seen.system + c.text -%}}{{%- endif -%}}{{%- endfor -%}}{{%- endfor -%}}
{{{{- '<|im_start|>system\\n' + seen.system + '<|im_end|>\\n' -}}}}
{{{{- '<|im_start|>user\\n' + seen.audio + '<|im_end|>\\n' -}}}}
{{%- for m in messages if m.role == 'assistant' -%}}{{{{- '<|im_start|>assistant\\n' -}}}}
{{%- generation -%}}{{%- if m.content is string -%}}{{{{- m.content -}}}}{{%- else -%}}
{{%- for c in m.content if c.type == 'text' -%}}{{{{- c.text -}}}}{{%- endfor -%}}{{%- endif -%}}
{{{{- '<|im_end|>\\n' -}}}}{{%- endgeneration -%}}{{%- endfor -%}}
{{%- if add_generation_prompt -%}}{{{{- '<|im_start|>assistant\\n' -}}}}{{%- endif -%}}
"""
_ALIGNER_TEMPLATE = f"""\
{{%- set seen = namespace(audio='', text='') -%}}
{{%- for m in messages if m.content is not string -%}}{{%- for c in m.content -%}}
{{%- if {_IS_AUDIO} -%}}{{%- set seen.audio = seen.audio + '{_AUDIO}' -%}}
{{%- elif c.type == 'text' -%}}
{{%- set seen.text = seen.text + c.text + '{TIME_MARKER}{TIME_MARKER}' -%}}
{{%- endif -%}}{{%- endfor -%}}{{%- endfor -%}}{{{{- seen.audio + seen.text -}}}}
"""
_TEMPLATES: dict[Role, str] = {"asr": _ASR_TEMPLATE, "aligner": _ALIGNER_TEMPLATE}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """A model in float32, and the processor that belongs to it."""

    model: Any  # transformers' decorators hide most of it from mypy
    processor: Any

    def ids(self, text: str) -> list[int]:
        """Tokens of a text, nothing added."""
        ids: list[int] = self.processor.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def id_of(self, token: str) -> int:
        """Number of one token."""
        number: int = self.processor.tokenizer.convert_tokens_to_ids(token)
        return number


def load(folder: Path, role: Role) -> Checkpoint:
    """A checkpoint of a pair."""
    return Checkpoint(
        model=_MODEL_CLASSES[role].from_pretrained(folder / role, dtype=torch.float32),
        processor=Qwen3ASRProcessor.from_pretrained(folder / role),
    )


def new(role: Role, *, seed: int, recogniser: Checkpoint | None = None) -> Checkpoint:
    """An untrained checkpoint; an aligner takes over what a trained recogniser knows."""
    tokenizer = recogniser.processor.tokenizer if recogniser else new_tokenizer(seed)
    torch.manual_seed(seed)
    model = _MODEL_CLASSES[role](_config(role, tokenizer))
    _initialise(model)
    if recogniser is not None:
        _take_over(model, recogniser.model)
    processor = Qwen3ASRProcessor(
        feature_extractor=Qwen3ASRFeatureExtractor(),  # type: ignore[no-untyped-call]  # transformers
        tokenizer=tokenizer,
        chat_template=_TEMPLATES[role],
    )
    return Checkpoint(model=model, processor=processor)


def freeze(checkpoint: Checkpoint, part: Part) -> None:
    """Keep a part of the encoder as it is. The stem alone is half the cost of a step."""
    model = checkpoint.model.model
    tower = model.audio_tower
    stem = (tower.conv2d1, tower.conv2d2, tower.conv2d3)
    for module in stem if part == "stem" else (tower, model.multi_modal_projector):
        module.requires_grad_(False)


def save(checkpoint: Checkpoint, folder: Path, role: Role) -> None:
    """Keep a checkpoint in bfloat16 as the library reads it."""
    model = copy.deepcopy(checkpoint.model).cpu().eval().to(torch.bfloat16)
    if role == "asr":
        model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]  # transformers
            eos_token_id=list(model.config.eos_token_id),
            pad_token_id=model.config.pad_token_id,
            do_sample=False,
            max_new_tokens=256,
        )
    model.save_pretrained(folder / role)
    checkpoint.processor.save_pretrained(folder / role)
    for path in (folder / role).iterdir():
        path.chmod(0o644)  # safetensors writes files that only their owner may read


def _config(role: Role, tokenizer: Any) -> Qwen3ASRConfig:  # noqa: ANN401  # as new_tokenizer
    id_of = tokenizer.convert_tokens_to_ids
    labels: dict[str, Any] = {"num_labels": _TIME_CLASS_COUNT} if role == "aligner" else {}
    return Qwen3ASRConfig(
        audio_config={
            "num_mel_bins": 128,
            "encoder_layers": 4,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 640,
            "d_model": 160,
            "output_dim": 192,
            "downsample_hidden_size": 32,
            "n_window": 50,
            "n_window_infer": 800,
            "max_position_embeddings": 13,
        },
        text_config={
            "vocab_size": -(-len(tokenizer) // 16) * 16,
            "hidden_size": 192,
            "intermediate_size": 512,
            "num_hidden_layers": _TEXT_LAYER_COUNTS[role],
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 48,
            "max_position_embeddings": 4096,
            "tie_word_embeddings": True,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
        },
        # The defaults of these are numbers of the large models' vocabulary.
        audio_token_id=id_of(AUDIO_PAD),
        timestamp_token_id=id_of(TIME_MARKER),
        pad_token_id=id_of(TURN_END),  # as the large ones
        eos_token_id=[id_of(END_OF_TEXT), id_of(TURN_END)],
        tie_word_embeddings=True,
        **labels,
    )


def _initialise(model: Any) -> None:  # noqa: ANN401  # see Checkpoint.model
    """Draw weights scaled by fan-in; the library's one width for all is too small for the stem."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear) and name not in ("lm_head", "score"):
            closes_branch = name.endswith(("out_proj", "fc2", "o_proj", "down_proj"))
            nn.init.normal_(
                module.weight, std=(0.5 if closes_branch else 1.0) / math.sqrt(module.in_features)
            )
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    nn.init.normal_(model.get_input_embeddings().weight, std=0.06)
    if hasattr(model, "score"):
        nn.init.normal_(model.score.weight, std=0.03)


def _take_over(aligner: Any, recogniser: Any) -> None:  # noqa: ANN401  # see Checkpoint.model
    """Everything but the heads; text layers that the recogniser lacks begin as identity."""
    known_layer_count = len(recogniser.model.language_model.layers)
    for layer in aligner.model.language_model.layers[known_layer_count:]:
        nn.init.zeros_(layer.self_attn.o_proj.weight)
        nn.init.zeros_(layer.mlp.down_proj.weight)
    aligner.model.load_state_dict(recogniser.model.state_dict(), strict=False)
