"""A server of buckets: rclone, which speaks the protocol of Amazon S3 and checks signatures, over a folder."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BUCKET = "captures"
KEY, HIDDEN = "AKIATESTSALONE", "the hidden key of the bucket"
CACHED = "5ms"  # how long it remembers a folder: at 0, it looks whether that has ended without a pause
STARTS = 60  # seconds that the server may take to start on a busy machine
ADDRESS = re.compile(r"\[(http://127\.0\.0\.1:[0-9]+)/\]")


@dataclass
class Buckets:
    """A server of one bucket, whose files are in `folder`. It keeps its port when it is stopped and started again."""

    folder: Path
    endpoint: str = "http://127.0.0.1:0"
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        program = str(Path(sys.executable).with_name("rclone"))
        address = self.endpoint.removeprefix("http://")
        words = [
            "serve",
            "s3",
            "--config",
            os.devnull,
            "--addr",
            address,
            "--auth-key",
            f"{KEY},{HIDDEN}",
            "--dir-cache-time",
            CACHED,
        ]
        log = self.folder.parent.parent / "rclone.log"
        log.write_text("")
        self.process = subprocess.Popen(
            [program, *words, "--log-file", str(log), "--log-level", "NOTICE", str(self.folder.parent)], text=True
        )
        end = time.monotonic() + STARTS
        while not (found := ADDRESS.search(log.read_text())):
            assert self.process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        self.endpoint = found[1]

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": HIDDEN, "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
        }  # fmt: skip


@contextmanager
def serving() -> Iterator[Buckets]:
    with tempfile.TemporaryDirectory() as folder:
        served = Buckets(Path(folder) / "buckets" / BUCKET)
        served.folder.mkdir(parents=True)
        served.start()
        try:
            yield served
        finally:
            served.stop()
