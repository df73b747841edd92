"""The runner of the benchmarks: starts servers, puts load on them in turn, and judges what came out."""
