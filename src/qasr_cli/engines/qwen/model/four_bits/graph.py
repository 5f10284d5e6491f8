"""Whole steps with 4-bit weights by one session of onnxruntime: from embeddings to scores.

Of a step that is made of torch's operations two thirds are spent beside its products, most of it
on starting hundreds of them.
"""

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnxruntime
import torch

from qasr_cli.engines.qwen.model.four_bits.matmul import NoProducts, session_of
from qasr_cli.engines.qwen.model.four_bits.quantized import FourBits
from qasr_cli.engines.qwen.model.four_bits.rough_layers import RoughLayer, RoughLayers
from qasr_cli.engines.qwen.model.four_bits.rough_memory import RoughMemory
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape

# Cosines and sines of positions, float32, shape (positions, half a dim) each, for so many.
Angles = Callable[[int], tuple[torch.Tensor, torch.Tensor]]

# Positions that there is room for, as a share of those that are there: as many as most answers
# need, since more room is new memory into which all is copied again.
_ROOM_SHARE = 1.5
_KINDS = {torch.float32: np.float32, torch.int32: np.int32, torch.int8: np.int8}


class RoughGraph:
    """Steps of a few answers by one session, with keys and values of its own.

    The session is made when the first step is wanted, if not before, and then holds the weights as
    the kernels of this processor read them.

    Args:
        last_norm: weights of the norm after all layers, float32, shape (hidden size,).
        head: from states to the scores of tokens.
        epsilon: of all norms.
    """

    def __init__(
        self,
        layers: Sequence[RoughLayer],
        *,
        last_norm: torch.Tensor,
        head: FourBits,
        heads: HeadShape,
        epsilon: float,
        angles: Angles,
    ) -> None:
        # Its weights are needed until there is a session.
        self._graph = RoughLayers(heads, epsilon).graph(layers, last_norm, head)
        self._layer_count, self._heads, self._angles = len(layers), heads, angles
        self._token_count, self._hidden_size = head.shape
        self._session: onnxruntime.InferenceSession | None = None
        self._lock = threading.Lock()
        self._room = (0, 0)
        self._memory: RoughMemory | None = None
        # What a run is given and gives: all rows there is room for, by the names in the model.
        self._ends: dict[str, torch.Tensor] = {}
        self._bindings: dict[int, Any] = {}

    @property
    def takes_memory(self) -> bool:
        """Whether there is a session, or room for keys and values."""
        return self._session is not None or self._memory is not None

    def session(self, thread_count: int) -> onnxruntime.InferenceSession:
        """The session, which is made now where there is none; of several threads one does.

        Raises:
            Exception: of one of onnxruntime's own kinds: there can be none.
        """
        with self._lock:
            if self._session is None:
                self._session = session_of(self._graph, thread_count)
                self._graph.values.clear()
            return self._session

    def make_room(self, row_count: int, position_count: int) -> bool:
        """Have memory for so many rows of so many positions, and more.

        Returns:
            Whether it is new: what was in it is lost.

        Raises:
            NoProducts: there is none.
        """
        held_rows, held_positions = self._room
        if row_count <= held_rows and position_count <= held_positions:
            return False
        position_count = math.ceil(position_count * _ROOM_SHARE)
        rows, positions = max(row_count, held_rows), max(position_count, held_positions)
        # The old is given back before the new is taken.
        self._bindings, self._ends, self._memory, self._room = {}, {}, None, (0, 0)
        try:
            memory = RoughMemory(self._layer_count, rows, positions, self._heads)
            self._ends = self._made_ends(rows, positions)
        except (MemoryError, RuntimeError) as error:  # there is none
            raise NoProducts(str(error)) from error
        self._memory, self._room = memory, (rows, positions)
        return True

    @property
    def memory(self) -> RoughMemory:
        """What it attends to, to be written to; there is room already."""
        if self._memory is None:
            raise TypeError("no room was made")
        return self._memory

    def step(self, x: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """The likeliest token after one more in each of the first rows, int64, shape (rows,).

        Keys and values of that one are written to the memory.

        Args:
            x: its embeddings, float32, shape (rows, hidden size).
            lengths: how many positions of each row come before it.

        Raises:
            NoProducts: there can be no session, or it cannot run.
        """
        return self._scores(x, lengths).argmax(-1)

    def _scores(self, x: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Of all tokens, shape (rows, tokens); the next step overwrites them."""
        row_count = len(lengths)
        self._ends["states"][:row_count, 0] = x
        self._ends["befores"][:row_count] = torch.tensor(lengths, dtype=torch.int32)
        self._ends["longest"].fill_(max(lengths) + 1)
        try:
            session = self.session(torch.get_num_threads())
            if row_count not in self._bindings:
                self._bindings[row_count] = self._bound(session, row_count)
            session.run_with_iobinding(self._bindings[row_count])
        except Exception as error:  # onnxruntime's own kinds of errors have no name
            raise NoProducts(str(error)) from error
        return self._ends["scores"][:row_count, 0]

    def _made_ends(self, rows: int, positions: int) -> dict[str, torch.Tensor]:
        cos, sin = (table.float().contiguous() for table in self._angles(positions))
        return {
            "states": torch.empty(rows, 1, self._hidden_size),
            "befores": torch.empty(rows, dtype=torch.int32),
            "longest": torch.empty(1, dtype=torch.int32),
            "cos": cos,
            "sin": sin,
            "scores": torch.empty(rows, 1, self._token_count),
        }

    def _bound(self, session: onnxruntime.InferenceSession, row_count: int) -> Any:  # noqa: ANN401  # onnxruntime has no types
        """Where a run with so many rows reads and writes: nothing is copied."""
        binding = session.io_binding()
        for name, tensor in self._ends.items():
            # Tables and the one number are for any rows.
            part = tensor if name in {"longest", "cos", "sin"} else tensor[:row_count]
            _bind(binding.bind_output if name == "scores" else binding.bind_input, name, part)
        numbers, scales = self.memory.numbers, self.memory.scales
        for number in range(self._layer_count):
            for which, name in enumerate((f"keys{number}", f"values{number}")):
                held = numbers[number, which, :row_count]
                # One memory for what was and what will be: a position is written in its place.
                _bind(binding.bind_input, name, held)
                _bind(binding.bind_output, f"new_{name}", held)
                if scales is not None:
                    _bind(binding.bind_input, f"scales_{name}", scales[number, which].view(-1))
        return binding


def _bind(bind: Any, name: str, tensor: torch.Tensor) -> None:  # noqa: ANN401  # see `_bound`
    shape, kind = tuple(tensor.shape), _KINDS[tensor.dtype]
    bind(name, "cpu", 0, kind, shape, tensor.data_ptr())
