"""`embed` beside the Python script people run, and beside the ideal. Ratios within one run, in turns.

The ideal is 1 / (1/D + 1/N): D is the rate of the same run with a network that does next to nothing (the same files,
decode, view and tensor), N what `bench-model` says of the network alone on as many threads. Both programs load the same
library of ONNX Runtime.
"""
import importlib.metadata
import importlib.util
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys

from corpus import Corpus, find_photographs
from measure import Contender, Measured, Ratio, first_cores, machine, run_once, store

ROOT = pathlib.Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
PEERS = ROOT / "bench" / "peers"
OURS = ROOT / "build" / "release" / "bin" / "imagemill"
SIDE, PEER_BATCH, CALIBRATION = 224, 32, 16
NETWORK_SECONDS = 5
MIN_FILES, MIN_REPS = 500, 9


def make_view_model(path: pathlib.Path) -> None:
    """Takes the same tensor and does next to nothing with it: the mean of each channel."""
    from onnx import TensorProto, helper, save
    nodes = [helper.make_node("GlobalAveragePool", ["input"], ["means"]), helper.make_node("Flatten", ["means"], ["features"])]
    graph = helper.make_graph(nodes, "view", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
                              [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", 3])])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))


def picture_tensor(path: pathlib.Path):
    import numpy as np
    from PIL import Image, ImageOps
    picture = Image.open(path)
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))
    picture = ImageOps.exif_transpose(picture).convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)
    mean, deviation = np.array([.485, .456, .406], np.float32), np.array([.229, .224, .225], np.float32)
    return ((np.asarray(picture, np.float32) / 255 - mean) / deviation).transpose(2, 0, 1)[None]


def quantise(source: pathlib.Path, path: pathlib.Path, photographs: list[pathlib.Path]) -> None:
    """QDQ, weights per channel, activations by static calibration on a few of the pictures."""
    from onnxruntime import quantization

    class Pictures(quantization.CalibrationDataReader):
        def __init__(self):
            step = max(1, len(photographs) // CALIBRATION)
            self.rest = iter(photographs[::step][:CALIBRATION])

        def get_next(self):
            picture = next(self.rest, None)
            return None if picture is None else {"input": picture_tensor(picture)}

    quantization.quantize_static(str(source), str(path), Pictures(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
                                 activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8)


def make_models(photographs: list[pathlib.Path]) -> dict[str, pathlib.Path]:
    folder = CACHE / "models"
    folder.mkdir(parents=True, exist_ok=True)
    models = {name: folder / f"{name}.onnx" for name in ("fp32", "int8", "view")}
    making = folder / "making.onnx"
    makers = {
        "fp32": lambda: subprocess.run([sys.executable, PEERS / "make_resnet.py", "18", making], check=True),
        "int8": lambda: quantise(models["fp32"], making, photographs),
        "view": lambda: make_view_model(making),
    }
    for name, path in models.items():
        if path.exists():
            continue
        # In a process of its own: what a measured program inherits of the memory of this one counts as its own.
        maker = multiprocessing.get_context("fork").Process(target=makers[name])
        maker.start()
        maker.join()
        making.rename(path)
    return models


class Embed:
    def __init__(self, options):
        self.options = options
        self.cores = first_cores(options.cores)
        corpus = Corpus(CACHE, find_photographs(options.data), options.files)
        self.source = corpus.camera()
        self.models = make_models(corpus.photographs)
        described = subprocess.run([str(OURS), "embed", "--help"], capture_output=True, text=True, check=True).stdout
        # Results that were kept would be no measurement.
        self.without_results = ["--cache-size", "0"] if "--cache-size " in described else []

    def ours(self, name: str, model: str) -> Contender:
        # The peer stretches pictures to the input's shape.
        return Contender(name, [str(OURS), "embed", str(self.source), "{out}", "--model", str(self.models[model]), "--transform",
                                "squash", "--threads", str(len(self.cores)), *self.without_results], (0, 3))

    def peer(self, model: str) -> Contender:
        return Contender("python", [sys.executable, str(PEERS / "embed_python.py"), str(self.source), str(self.models[model]),
                                    str(PEER_BATCH), str(len(self.cores))])

    def network(self, model: str, *more: str) -> Contender:
        return Contender("network", [str(OURS), "bench-model", str(self.models[model]), "--json", "--threads", str(len(self.cores)), *more])

    def network_report(self) -> dict:
        return json.loads((CACHE / "scratch" / "network.log").read_text())

    def run(self, precision: str) -> list[Ratio]:
        scratch = CACHE / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        # All sizes once: what a second run of embed would know too.
        run_once(self.network(precision), scratch, self.cores, Measured())
        best = self.network_report()["best_batch"]
        contenders = [self.ours("imagemill", precision), self.peer(precision), self.ours("view", "view"),
                      self.network(precision, "--batch", str(best), "--seconds", str(NETWORK_SECONDS))]
        results = {c.name: Measured() for c in contenders}
        network_rates = []
        for turn in range(-1, self.options.reps):
            for contender in contenders[turn % len(contenders):] + contenders[:turn % len(contenders)]:
                run_once(contender, scratch, self.cores, results[contender.name] if turn >= 0 else Measured())
                if turn >= 0 and contender.name == "network":
                    network_rates.append(self.network_report()["rows"][0]["images_per_second"])
        settings = {"files": self.options.files, "reps": self.options.reps, "cores": len(self.cores), "batch": best,
                    "network_rates": network_rates}
        store(CACHE / "results", f"embed-{precision}", settings, results, ROOT)
        return self.judge(precision, results, statistics.median(network_rates))

    def judge(self, precision: str, results: dict[str, Measured], network: float) -> list[Ratio]:
        rates = {name: self.options.files / measured.median for name, measured in results.items() if name != "network"}
        for name, rate in rates.items():
            measured = results[name]
            print(f"  {name:<12}{rate:9.2f} images/s  +-{measured.spread:5.1%}  {measured.peak_bytes / 1e6:7.0f} MB", flush=True)
        print(f"  {'network':<12}{network:9.2f} images/s")
        ideal = 1 / (1 / rates["view"] + 1 / network)
        return [
            Ratio(f"{precision}: our rate / Python's", rates["imagemill"] / rates["python"], ">=", 2),
            Ratio(f"{precision}: our rate / the ideal ({ideal:.1f} images/s)", rates["imagemill"] / ideal, ">=", 0.93),
            Ratio(f"{precision}: our peak memory, MB", results["imagemill"].peak_bytes / 1e6, "<=", 400),
            Ratio(f"{precision}: Python's peak memory, MB", results["python"].peak_bytes / 1e6),
        ]


PRECISIONS = ("fp32", "int8")


def run(options) -> bool:
    os.environ["IMAGEMILL_ONNXRUNTIME"] = str(pathlib.Path(importlib.util.find_spec("onnxruntime").origin).parent / "capi")
    os.environ["IMAGEMILL_CACHE"] = str(CACHE / "imagemill")
    bench = Embed(options)
    ratios = []
    for precision in PRECISIONS:
        if not options.only or precision in options.only:
            print(f"embed, ResNet-18 {precision}, {options.files} camera JPEGs", flush=True)
            ratios += bench.run(precision)
    print(f"\n{'ratio':<58}{'measured':>12}{'target':>12}")
    print("\n".join(ratio.line() for ratio in ratios))
    print(f"\n{machine()}; {options.files} files, {options.reps} rounds, {len(bench.cores)} cores used, "
          f"ONNX Runtime {importlib.metadata.version('onnxruntime')}")
    if options.files < MIN_FILES or options.reps < MIN_REPS:
        print(f"a look, not a measurement: that takes {MIN_FILES} files and {MIN_REPS} rounds at least")
    return all(ratio.passes() for ratio in ratios)
