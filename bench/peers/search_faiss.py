"""faiss as vector_search is driven: loads once, answers when asked, one JSON line each.

search_faiss.py flat|shards|hnsw X.npy QUERIES.npy K THREADS [LINKS EF_CONSTRUCTION]
"""
import json
import sys
import time

import faiss
import numpy as np


def hnsw_bytes(index) -> int:
    graph = index.hnsw
    return index.ntotal * index.d * 4 + 4 * graph.neighbors.size() + 8 * graph.offsets.size() + 4 * graph.levels.size()


def build(kind: str, x: np.ndarray, threads: int, options: list[str]):
    if kind == "flat":
        index = faiss.IndexFlatIP(x.shape[1])
    elif kind == "shards":  # a query of its own uses one core of IndexFlat; so, all of them
        index = faiss.IndexShards(x.shape[1], True, True)
        for _ in range(threads):
            part = faiss.IndexFlatIP(x.shape[1])
            part.this.disown()
            index.add_shard(part)
    else:
        index = faiss.IndexHNSWFlat(x.shape[1], int(options[0]), faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = int(options[1])
    index.add(x)
    return index


def main() -> None:
    kind, x_path, q_path, k, threads, *options = sys.argv[1:]
    faiss.omp_set_num_threads(int(threads))
    x, queries, k = np.load(x_path), np.load(q_path), int(k)
    start = time.perf_counter()
    index = build(kind, x, int(threads), options)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "bytes": hnsw_bytes(index) if kind == "hnsw" else x.nbytes}), flush=True)
    del x
    for line in sys.stdin:
        how, first, count, ef = line.split()
        asked = queries[int(first):int(first) + int(count)]
        if kind == "hnsw":
            index.hnsw.efSearch = int(ef)
        start = time.perf_counter()
        if how == "one":
            rows = [index.search(asked[i:i + 1], k)[1][0] for i in range(len(asked))]
        else:
            rows = index.search(asked, k)[1]
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "rows": np.asarray(rows).tolist()}), flush=True)


if __name__ == "__main__":
    main()
