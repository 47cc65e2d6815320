"""A program that reads the first rows of the Parquet file on its stdin and writes them to stdout as an Arrow stream.

It runs by itself (and imports nothing of ours), for a file of 500 bytes may claim any memory, and what decodes it may
be ended by what it finds.
"""

import resource
import sys

SECONDS = 60  # of processor time, for a sample
SPOILT, TOO_LARGE = 3, 4  # exit codes
PART = 8  # as much of the memory as the rows themselves may have: they are held in several forms at once


def main(rows: int, memory: int) -> int:
    """Read so many rows within so many bytes of memory; returns the exit code."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(pa.OSFile(f"/dev/fd/{sys.stdin.fileno()}"))
        with (
            sys.stdout.buffer as out,
            pa.ipc.new_stream(out, parquet.schema_arrow) as to,
        ):
            left, room = rows, memory // PART
            for batch in parquet.iter_batches(batch_size=min(rows, 65_536), use_threads=False):
                room -= batch.nbytes
                if room < 0:
                    return TOO_LARGE
                to.write_batch(batch.slice(0, left))
                left -= batch.num_rows
                if left <= 0:
                    return 0
    except MemoryError:
        return TOO_LARGE
    except Exception:  # whatever it is, it is the file's
        return SPOILT
    return 0
