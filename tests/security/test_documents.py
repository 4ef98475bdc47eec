"""Documents are converted, read and drawn under Lambda's rules, and by functions that work for one run."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfWriter

from tests.support.handler_process import (
    LAMBDA,
    Handler,
    handler_process,
    lambda_rules_can_be_had,
    lambda_rules_have_packages,
)
from tests.support.job_server import Delivery, JobServer

pytestmark = pytest.mark.proof

TEXT = b"# Quarterly report\n\n|a|b|\n|-|-|\n|1|2|\n"


@pytest.fixture(autouse=True)
def _rules() -> None:
    if not (lambda_rules_can_be_had() and lambda_rules_have_packages()):
        pytest.skip("only root can set up Lambda's rules, and only a Python of this version has the packages")


def asked(bucket: JobServer, source: str, target: str, data: bytes) -> dict[str, Any]:
    arguments = {"source": source, "target": target}
    return bucket.job([("convert_document", arguments)], {source: data})


def drawn(handler: Handler, bucket: JobServer, kind: str, data: bytes, tenant: str = "run-1") -> bytes:
    event = {"kind": kind, "url": bucket.put(data), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return base64.b64decode(handler(event, tenant)["content"])


def converted(handler: Handler, bucket: JobServer, source: str, target: str, data: bytes) -> Delivery:
    event = asked(bucket, source, target, data)
    handler(event, "run-1")
    done = bucket.delivered(event)
    assert done.result()["ok"], done.output
    return done


def test_a_document_is_converted_and_what_does_not_hold_is_told(folder: Path, bucket: JobServer) -> None:
    with handler_process("convert.app", folder, world=LAMBDA, packages=True) as convert:
        word = converted(convert, bucket, "a.md", "a.docx", TEXT).files["a.docx"]
        done = converted(convert, bucket, "a.docx", "a.pdf", word)
        with pytest.raises(RuntimeError, match="process ended with 70"):
            convert(asked(bucket, "a.md", "a.docx", TEXT), "run-2")
    told = done.result()["notes"]["defences"]
    assert done.files["a.pdf"].startswith(b"%PDF")
    assert {"environment_wiped", "isolated_by_tenant"} <= set(told["held"])
    assert set(told["refused"].values()) == {"Operation not permitted"}


def test_a_document_is_drawn_for_one_run_only_and_what_does_not_hold_is_logged(folder: Path, bucket: JobServer) -> None:
    with (folder / "log").open("w+") as log:
        with handler_process("preview.app", folder, world=LAMBDA, packages=True, log=log) as preview:
            assert b"<h1>Quarterly report</h1>" in drawn(preview, bucket, "markdown", TEXT)
            page = io.BytesIO()
            blank = PdfWriter()
            blank.add_blank_page(300, 300)
            blank.write(page)
            assert drawn(preview, bucket, "pdf", page.getvalue()).startswith(b"\x89PNG")
            with pytest.raises(RuntimeError, match="process ended with 70"):
                drawn(preview, bucket, "markdown", TEXT, tenant="run-2")
        log.seek(0)
        [logged] = [line for line in log if "defences of the untrusted process" in line]
    told = json.loads(logged.partition(": ")[2])
    assert {"environment_wiped", "isolated_by_tenant"} <= set(told["held"])
    assert set(told["refused"].values()) == {"Operation not permitted"}
