"""Products with 4-bit weights, by onnxruntime's operator MatMulNBits.

Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md (MatMulNBits).
"""

import threading
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch

from qasr_cli.engines.qwen.model.four_bits import onnx_bytes
from qasr_cli.engines.qwen.model.four_bits.quantized import GROUP_SIZE, FourBits

# Activations in 8 bits, a scale for each group: off by 0.6 % where 4-bit weights are by 10.
_EIGHT_BIT_ACTIVATIONS = 4
# A version that knows for how long threads may spin; 1.23 does not, those between were not tried.
_SPINS_BRIEFLY_SINCE = (1, 32)


class NoProducts(Exception):
    """This onnxruntime cannot multiply with 4-bit weights here, or has no memory for them."""


class Matrices:
    """Matrices of 4-bit weights that are multiplied with by one session: it has one set of threads.

    It is made when the first product is wanted, and then holds the weights as the kernels of this
    processor read them. It has as many threads as torch has there.
    """

    def __init__(self) -> None:
        self._weights: list[FourBits] = []
        self._run: Callable[..., list[npt.NDArray[np.float32]]] | None = None
        self._lock = threading.Lock()
        self._only_asked = onnxruntime.RunOptions()
        self._only_asked.only_execute_path_to_fetches = True

    @property
    def takes_more(self) -> bool:
        """Whether there was no product yet."""
        return self._run is None

    def add(self, weight: FourBits) -> Callable[[torch.Tensor], torch.Tensor]:
        """One more; multiplies rows, shape (rows, inputs), float32 and contiguous."""
        with self._lock:
            number = len(self._weights)
            self._weights.append(weight)
        name_in, names_out = f"x{number}", [f"y{number}"]

        def product(rows: torch.Tensor) -> torch.Tensor:
            run = self._run or self._made()
            return torch.from_numpy(run(names_out, {name_in: rows.numpy()}, self._only_asked)[0])

        return product

    def _made(self) -> Callable[..., list[npt.NDArray[np.float32]]]:
        with self._lock:
            if self._run is None:
                try:
                    session = _session(self._weights, torch.get_num_threads())
                except Exception as error:  # onnxruntime's own kinds of errors have no name
                    raise NoProducts(str(error)) from error
                # What its own method does on top costs as much again as a small product.
                self._run = session._sess.run  # noqa: SLF001
                self._weights.clear()
            return self._run


def add_product(graph: onnx_bytes.Graph, weight: FourBits, rows: str, result: str) -> None:
    """Let a graph multiply rows with a matrix.

    Args:
        rows, result: names of what is multiplied, and of what comes of it.
    """
    output_count, input_count = weight.shape
    attributes = {
        "N": output_count,
        "K": input_count,
        "bits": 4,
        "block_size": GROUP_SIZE,
        "accuracy_level": _EIGHT_BIT_ACTIVATIONS,
    }
    inputs = [
        rows,
        graph.constant(f"weight_{result}", weight.numbers),
        graph.constant(f"scales_{result}", weight.scales.ravel()),
        graph.constant(f"zeros_{result}", weight.zeros.ravel()),
    ]
    graph.node("MatMulNBits", inputs, [result], attributes, domain=onnx_bytes.CONTRIBUTED)


def session_of(graph: onnx_bytes.Graph, thread_count: int) -> onnxruntime.InferenceSession:
    """A session that computes what a graph says."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = thread_count, 1
    for name, value in _waiting().items():
        settings.add_session_config_entry(f"session.{name}", value)
    settings.enable_cpu_mem_arena = settings.enable_mem_pattern = False
    settings.log_severity_level = 3  # errors are raised
    given = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in graph.values.values()]
    settings.add_external_initializers(list(graph.values), given)
    return onnxruntime.InferenceSession(
        onnx_bytes.model(graph.fields), settings, providers=["CPUExecutionProvider"]
    )


def _waiting() -> dict[str, str]:
    """How threads wait for work: after a run never, since they would take the cores of torch's.

    Within a run they are woken thousands of times a second where they sleep at once. Spinning for
    20 microseconds first a step of the 0.6B shape takes 14.6 ms in place of 17.7 (one row, two
    threads of an AMD EPYC), and as long as before beside another such process; as long as older
    versions spin, half as long again there.
    """
    if version() < _SPINS_BRIEFLY_SINCE:
        return {"intra_op.allow_spinning": "0"}
    return {
        "intra_op.allow_spinning": "1",
        "intra_op.spin_duration_us": "20",
        "force_spinning_stop": "1",
    }


def version() -> tuple[int, ...]:
    """Of onnxruntime: the first two numbers."""
    return tuple(int(part) for part in onnxruntime.__version__.split(".")[:2])


def _session(weights: Sequence[FourBits], thread_count: int) -> onnxruntime.InferenceSession:
    """One operator for each matrix."""
    graph = onnx_bytes.Graph()
    for number, weight in enumerate(weights):
        output_count, input_count = weight.shape
        name_in, name_out, rows = f"x{number}", f"y{number}", f"rows{number}"
        add_product(graph, weight, name_in, name_out)
        # An input that has a value need not be given: who wants one product gives the rows of that
        # one.
        graph.fields += [
            onnx_bytes.tensor_of_no_rows(name_in, input_count),
            onnx_bytes.graph_input(name_in, onnx_bytes.FLOAT, (rows, input_count)),
            onnx_bytes.graph_output(name_out, onnx_bytes.FLOAT, (rows, output_count)),
        ]
    return session_of(graph, thread_count)
