#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""`imagemill models` against a mirror: cut connections, wrong hashes, kills in the middle, licences.

The mirror is a folder, or a web server of this script on the loopback interface.
"""

import hashlib
import http.server
import os
import signal
import subprocess
import threading

from harness import *
from onnx_bytes import block, graph, model, node, tensor, value_info

WEIGHTS = 1 << 20  # floats: more than what a connection holds on its own


def tiny_model():
    """A valid graph (the mean of each channel) with weights that nothing uses."""
    weights = tensor("w", [WEIGHTS], block(9, bytes(i & 255 for i in range(4 * WEIGHTS))))
    return model(graph([value_info("image", [1, 3, 8, 8])], [value_info("features", [1, 3])],
                       [node("GlobalAveragePool", ["image"], ["features"])], [weights]))


MODEL = tiny_model()


def manifest(sha256=None, license="{name: AGPL-3.0-only, note: copyleft}"):
    sha256 = sha256 or hashlib.sha256(MODEL).hexdigest()
    return (f"name: toy\nfile: toy.onnx\nsha256: {sha256}\nbytes: {len(MODEL)}\n"
            f"license: {license}\ninput: {{width: 8, height: 8}}\n"
            "outputs: {features: features}\n").encode()


class Mirror:
    """A web server with one model, which it can send in part: cut, or held until released."""

    def __init__(self):
        self.manifest = manifest()
        self.cut_after = None   # bytes: once, the connection ends there
        self.hold_after = None  # bytes: once, nothing more comes before `released`
        self.held = threading.Event()
        self.released = threading.Event()
        self.starts = []        # where the answers for the model began
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                mirror.answer(self)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request):
        if request.path == "/toy/manifest.yaml":
            request.send_response(200)
            request.send_header("Content-Length", str(len(self.manifest)))
            request.end_headers()
            request.wfile.write(self.manifest)
        elif request.path == "/toy/toy.onnx":
            self.send_model(request)
        else:
            request.send_error(404)

    def send_model(self, request):
        asked = request.headers.get("Range")
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        self.starts.append(start)
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(MODEL) - 1}/{len(MODEL)}")
        request.send_header("ETag", '"v1"')
        request.send_header("Content-Length", str(len(MODEL) - start))
        request.end_headers()
        cut, self.cut_after = self.cut_after, None
        hold, self.hold_after = self.hold_after, None
        stop = cut or hold
        try:
            request.wfile.write(MODEL[start:start + stop] if stop else MODEL[start:])
            request.wfile.flush()
        except ConnectionError:
            return
        if hold:
            self.held.set()
            self.released.wait(60)


class Store:
    def __init__(self, args, folder, mirror):
        self.bin = args.bin
        self.folder = folder
        self.environment = dict(os.environ, IMAGEMILL_MODELS=str(folder),
                                IMAGEMILL_MODELS_MIRROR=str(mirror))

    def argv(self, *words):
        return [str(self.bin), "models", *map(str, words)]

    def run(self, expected, *words):
        return "".join(printed(self.argv(*words), expected, env=self.environment, timeout=60))

    def json(self, *words):
        return printed_json(self.argv(*words), EXIT_DONE, env=self.environment, timeout=60)

    def start_pull(self, mirror):
        """A download of which half has come when this returns; the mirror is silent then."""
        mirror.hold_after = len(MODEL) // 2
        process = subprocess.Popen(self.argv("pull", "toy"), env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        check(mirror.held.wait(30), "the download did not begin")
        return process

    def installed(self):
        listed = self.json("list")
        return [model["name"] for model in listed if model["is_in_store"]]

    def check_whole(self, what):
        check(self.installed() == ["toy"], f"{what}: the store has {self.installed()}")
        check((self.folder / "toy" / "toy.onnx").read_bytes() == MODEL, f"{what}: other bytes")
        self.run(EXIT_DONE, "verify")
        strays = [p.name for p in files_below(self.folder / ".incoming")
                  if not p.name.endswith("+lock")]
        check(not strays, f"{what}: left behind: {strays}")

    def check_without(self, what):
        check(self.installed() == [], f"{what}: the store has {self.installed()}")
        check(not (self.folder / "toy").exists(), f"{what}: half a model shows")


def test_cut_connection(args, folder):
    mirror = Mirror()
    store = Store(args, folder / "cut", mirror.address)
    mirror.cut_after = len(MODEL) // 3
    store.run(EXIT_DONE, "pull", "toy")
    store.check_whole("after a cut")
    check(len(mirror.starts) == 2 and mirror.starts[1] > 0,
          f"the download did not go on where it was cut: {mirror.starts}")


def test_kill(args, folder):
    mirror = Mirror()
    store = Store(args, folder / "kill", mirror.address)
    process = store.start_pull(mirror)
    part = store.folder / ".incoming" / "toy" / "toy.onnx.part"
    deadline = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size > 0) and time.monotonic() < deadline:
        time.sleep(0.01)  # what has been sent is on its way to the disk
    process.kill()
    process.wait()
    mirror.released.set()
    store.check_without("killed")
    kept = part.stat().st_size
    check(0 < kept < len(MODEL), f"the part has {kept} bytes")
    store.run(EXIT_DONE, "pull", "toy")
    store.check_whole("after a kill")
    check(mirror.starts == [0, kept], f"{mirror.starts}, expected to go on at {kept}")


def test_interrupt(args, folder):
    mirror = Mirror()
    store = Store(args, folder / "interrupt", mirror.address)
    process = store.start_pull(mirror)
    process.send_signal(signal.SIGINT)  # the server is silent and stays so
    check(process.wait(10) == EXIT_CANCELLED, f"exit code {process.returncode}")
    mirror.released.set()
    store.check_without("interrupted")
    store.run(EXIT_DONE, "pull", "toy")
    store.check_whole("after an interrupt")


def test_wrong_hash(args, folder):
    mirror = Mirror()
    mirror.manifest = manifest("0" * 64)
    store = Store(args, folder / "hash", mirror.address)
    said = store.run(EXIT_FAILED, "pull", "toy")
    check("0" * 64 in said and "refused" in said, f"the message does not say so: {said}")
    store.check_without("wrong hash")
    check(not files_below(store.folder / ".incoming" / "toy"), "the refused file is still there")


def test_licence(args, folder):
    web = Mirror()
    store = Store(args, folder / "licence", web.address)
    check("AGPL-3.0-only" in store.run(EXIT_DONE, "pull", "toy"), "the licence was not shown")
    store.run(EXIT_DONE, "rm", "toy")
    store.check_without("removed")
    check("AGPL" not in store.run(EXIT_DONE, "pull", "toy"), "the licence was shown twice")


def test_folder(args, folder):
    mirror = folder / "mirror"
    (mirror / "toy").mkdir(parents=True)
    (mirror / "toy" / "manifest.yaml").write_bytes(manifest())
    (mirror / "toy" / "toy.onnx").write_bytes(MODEL)
    store = Store(args, folder / "local", mirror)
    store.run(EXIT_DONE, "pull", "toy")
    store.check_whole("from a folder")
    # A store is a mirror.
    second = Store(args, folder / "second", store.folder)
    second.run(EXIT_DONE, "pull", "toy")
    second.check_whole("from a store")

    damaged = second.folder / "toy" / "toy.onnx"
    damaged.write_bytes(MODEL[:-1] + b"?")
    said = second.run(EXIT_SOME_FAILED, "verify")
    check("toy.onnx: sha256" in said, f"the damaged file is not named: {said}")


def test_add(args, folder):
    store = Store(args, folder / "added", "")
    file = folder / "My Net.onnx"
    file.write_bytes(MODEL)
    said = store.run(EXIT_DONE, "add", file)
    check("my-net: added" in said and "Assumed" in said, said)
    check(store.json("info", "my-net")["family"] == "embed", said)
    store.run(EXIT_USAGE, "add", file)
    store.run(EXIT_DONE, "add", file, "--name", "other", "--license", "MIT", "--permissive")
    check(store.installed() == ["my-net", "other"], str(store.installed()))
    said = store.run(EXIT_DONE, "add", file, "--name", "third", "--license", "CC-BY-NC-4.0")
    check("third is under the licence CC-BY-NC-4.0, which is not permissive" in said, said)
    (store.folder / "third/manifest.yaml").write_text("nome: third\n")
    check("unknown key 'nome'" in store.run(EXIT_FAILED, "info", "third"), "a damaged manifest is no wrong usage")
    store.run(EXIT_DONE, "rm", "third")
    check("did you mean" not in store.run(EXIT_FAILED, "info", ""), "a suggestion for no name")
    (folder / "net.pt").write_bytes(b"PK\x03\x04 data.pkl")
    check("pickle" in store.run(EXIT_FAILED, "add", folder / "net.pt"), "a pickle was not named")
    store.run(EXIT_FAILED, "info", "none")
    store.run(EXIT_USAGE, "add")


def main():
    args = arguments(__doc__)
    with WorkFolder(args) as folder:
        run_tests((test_cut_connection, test_kill, test_interrupt, test_wrong_hash, test_licence,
                   test_folder, test_add), args, folder)


if __name__ == "__main__":
    main()
