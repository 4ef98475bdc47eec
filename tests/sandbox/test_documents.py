"""`run_document`: the code in a document runs in the sandbox, and what it gives stands in the document."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from tests.support.handler_process import Handler
from tests.support.job_server import Delivery, JobServer

REPORT = """---
title: Rivers
---

# Levels

```python exec
import pandas as pd
from levels import highest
rivers = pd.DataFrame({"river": ["Elbe", "Oder"], "level": [3.25, 2.1]})
print("highest:", highest(rivers.level))
rivers
```

- a point

  ```{python}
  import matplotlib.pyplot as plt
  plt.plot(rivers.level)
  plt.show()
  ```

```python
never_run()
```

``` bash exec
echo "$((6 * 7)) from the shell"
```

```r exec
summary(x)
```

Two is `1+1`{python exec}.
"""
LEVELS = b"def highest(levels):\n    return max(levels)\n"


def execute(sandbox: Handler, bucket: JobServer, files: dict[str, bytes], **arguments: Any) -> Delivery:
    event = bucket.job([("run_document", {"path": next(iter(files)), **arguments})], files)
    sandbox(event)
    return bucket.delivered(event)


def notebook(*cells: str, language: str = "python") -> bytes:
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": ["old"], "source": [cell]}
        for cell in cells
    ]
    about = {"kernelspec": {"name": "k", "language": language, "display_name": "K"}}
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]}
    return json.dumps({"cells": [text, *made], "metadata": about, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_outputs_stand_behind_their_chunks_and_the_next_run_replaces_them(sandbox: Handler, bucket: JobServer) -> None:
    files = {"out/report.smd": REPORT.encode(), "levels.py": LEVELS}
    first = execute(sandbox, bucket, files)
    assert first.result()["ok"], first.output
    assert "ran 3 of 4 chunks of out/report.smd, 1 pictures" in first.output
    assert "note: 1 chunks are not run: r;" in first.output
    assert "note: 1 pieces of code inside of a line are not run" in first.output
    text = first.files["out/report.smd"].decode()
    printed, table, picture, shell = (
        text.index(words)
        for words in (
            "```output\nhighest: 3.25\n```",
            "| Elbe    |    3.25 |",
            "  ![](report_media/chunk-2-1.png)",
            "```output\n42 from the shell\n```",
        )
    )
    assert text.index("rivers\n```\n") < printed < table < text.index("- a point") < picture
    assert picture < text.index("never_run()") < shell < text.index("summary(x)")
    png = first.files["out/report_media/chunk-2-1.png"]
    assert png.startswith(b"\x89PNG")
    assert min(struct.unpack(">II", png[16:24])) > 200
    again = execute(sandbox, bucket, {"out/report.smd": text.encode(), "levels.py": LEVELS, **_pictures(first)})
    assert again.result()["ok"], again.output
    # What is the same as before is no new file.
    assert "out/report.smd" not in again.files
    changed = text.replace("plt.plot(rivers.level)", "None").replace("6 * 7", "6 * 8")
    later = execute(sandbox, bucket, {"out/report.smd": changed.encode(), "levels.py": LEVELS, **_pictures(first)})
    assert "48 from the shell" in later.files["out/report.smd"].decode()
    assert "42 from the shell" not in later.files["out/report.smd"].decode()
    assert later.deleted == ["out/report_media/chunk-2-1.png"]


def _pictures(done: Delivery) -> dict[str, bytes]:
    return {path: data for path, data in done.files.items() if path.endswith(".png")}


def test_a_notebook_keeps_its_outputs_in_its_cells(sandbox: Handler, bucket: JobServer) -> None:
    cells = ["%matplotlib inline\nx = 20", "print('said'); display(x)\nx + 1", "%%bash\necho in the shell", "x += 1"]
    done = execute(sandbox, bucket, {"a.ipynb": notebook(*cells)}, target="b.ipynb")
    assert done.result()["ok"], done.output
    made = json.loads(done.files["b.ipynb"])
    assert made["cells"][0] == {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]}
    first, second, third, last = ([_shown(each) for each in cell["outputs"]] for cell in made["cells"][1:])
    assert (first, second, third, last) == ([], ["said\n", "20", "21"], ["in the shell\n"], [])
    assert [cell["execution_count"] for cell in made["cells"][1:]] == [1, 2, 3, 4]


def _shown(output: dict[str, Any]) -> str:
    return "".join(output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"])


def test_an_article_of_stencila_gets_outputs_and_the_state_of_each_chunk(sandbox: Handler, bucket: JobServer) -> None:
    chunks = [{"type": "CodeChunk", "programmingLanguage": "python", "code": code} for code in ("print(1)\n2", "1/0")]
    article = json.dumps({"type": "Article", "content": [{"type": "Section", "content": chunks}]}).encode()
    done = execute(sandbox, bucket, {"a.json": article}, keep_going=True)
    assert done.result()["ok"], done.output
    assert "chunk 2: ZeroDivisionError: division by zero" in done.output
    first, second = json.loads(done.files["a.json"])["content"][0]["content"]
    assert (first["outputs"], first["executionStatus"]) == (["1\n", "2"], "Succeeded")
    assert second["executionStatus"] == "Errors"
    assert second["executionMessages"][0]["message"] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param("1 +", "chunk 2, line 8: SyntaxError: invalid syntax", id="what cannot be read"),
        pytest.param("def f():\n    return no\nf()", "NameError: name 'no' is not defined (line 9)", id="a name"),
        pytest.param("import os\nos.kill(os.getpid(), 9)", "the interpreter ended (SIGKILL)", id="one that kills"),
        pytest.param("raise SystemExit(3)", "chunk 2, line 8: SystemExit: 3", id="one that leaves"),
        pytest.param("print(input())", "EOFError", id="one that asks"),
        pytest.param("class E(Exception):\n    def __str__(self): 1/0\nraise E", "chunk 2, line 8: E", id="silent"),
    ],
)
def test_an_error_is_named_with_its_place_and_leaves_the_document_as_it_was(
    code: str, said: str, sandbox: Handler, bucket: JobServer
) -> None:
    text = f"# A\n\n```python exec\nx = 1\n```\n\n```python exec\n{code}\n```\n\n```python exec\nx\n```\n"
    done = execute(sandbox, bucket, {"a.md": text.encode()})
    assert not done.result()["ok"]
    assert done.files == {}
    assert said in done.output
    assert "1 chunks after that one were not run, from chunk 3, line" in done.output
    assert "nothing was written; a.md is as it was" in done.output
    # It goes on where it is told to, unless there is no interpreter any more.
    kept = execute(sandbox, bucket, {"a.md": text.encode()}, keep_going=True)
    assert kept.result()["ok"], kept.output
    assert "```error\n" in kept.files["a.md"].decode()
    assert ("```output\n1\n```" in kept.files["a.md"].decode()) == ("SIGKILL" not in said)


@pytest.mark.parametrize(
    ("name", "content", "arguments", "said"),
    [
        pytest.param("a.md", b"```python\nx\n```\n", {}, "it has no code to run; mark a fence", id="no chunk"),
        pytest.param("a.md", b"```r exec\nx\n```\n", {}, "its code is r;", id="another language"),
        pytest.param("a.ipynb", notebook("1", language="julia"), {}, "its code is julia;", id="another kernel"),
        pytest.param("a.ipynb", b'{"nbformat": 3, "cells": []}', {}, "nbformat 3; save it in format 4", id="old"),
        pytest.param("a.ipynb", b"[]", {}, "it is no notebook of Jupyter", id="no notebook"),
        pytest.param("a.json", b'{"type": "Person"}', {}, "no article of Stencila's", id="no article"),
        pytest.param("a.json", b"[" * 100_000, {}, "nested too deep", id="nested"),
        pytest.param("a.docx", b"PK", {}, "documents with code to run are .md", id="no such format"),
        pytest.param("a.md", b"```python exec\n\xff\n```\n", {}, "save it as UTF-8", id="not UTF-8"),
        pytest.param("a.md", b"```python exec\n1\n```\n" * 201, {}, "it has 201 chunks; 200 are run", id="too many"),
        pytest.param("a.md", b"", {"path": "b.md"}, "b.md: it cannot be read: No such file", id="no file"),
        pytest.param("a.md", b"", {"path": "../b.md"}, "give a path relative to the workspace", id="outside"),
        pytest.param("a.md", b"", {"path": 3}, "not a path such as", id="no path"),
        pytest.param("a.md", b"", {"target": "b.docx"}, "convert_document makes other formats", id="another format"),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_reason(
    name: str, content: bytes, arguments: dict[str, Any], said: str, sandbox: Handler, bucket: JobServer
) -> None:
    done = execute(sandbox, bucket, {name: content}, **arguments)
    assert not done.result()["ok"]
    assert said in done.output
    assert done.files == {}


def test_what_a_chunk_gives_is_bounded(sandbox: Handler, bucket: JobServer) -> None:
    code = (
        "import matplotlib.pyplot as plt\n"
        "for i in range(12):\n    plt.figure(); plt.plot([i])\n"
        "print('a' * 70_000 + 'END')\n'b' * 70_000"
    )
    done = execute(sandbox, bucket, {"a.md": f"```python exec\n{code}\n```\n".encode()})
    assert done.result()["ok"], done.output
    text = done.files["a.md"].decode()
    assert len(text) < 25_000
    assert "50,004 bytes are left out" in text
    assert "END" in text
    assert "characters are left out" in text
    assert sum(path.endswith(".png") for path in done.files) == 10
    assert text.count("a picture is left out: a chunk shows at most 10") == 2


def test_a_chunk_that_hangs_is_ended_in_time_and_named(sandbox: Handler, bucket: JobServer) -> None:
    text = "```python exec\n1\n```\n\n```python exec\nwhile True:\n    pass\n```\n"
    done = execute(sandbox, bucket, {"a.md": text.encode()}, timeout_seconds=3, keep_going=True)
    assert done.result()["ok"], done.output
    assert "chunk 2, line 6: timed out" in done.output
    assert "```output\n1\n```" in done.files["a.md"].decode()
    assert done.result()["seconds"] < 4


def test_code_finds_what_a_command_finds_and_nothing_of_ours(sandbox: Handler, bucket: JobServer) -> None:
    code = (
        "import os, sys, subprocess\n"
        "ours = [name for name in sys.modules if name.split('.')[0] in ('sandbox', 'swarm_job')]\n"
        "print(ours, sys.argv, sys.path[0] == '', __name__, 'PYTHONPATH' in os.environ)\n"
        "subprocess.run(['sh', '-c', 'echo from a program'])\n"
        "open('left.txt', 'w').write('data')\n"
        "try:\n    import sandbox\nexcept ImportError:\n    print('no sandbox')\n"
    )
    done = execute(sandbox, bucket, {"a.md": f"```python exec\n{code}```\n".encode()})
    text = done.files["a.md"].decode()
    assert "[] [''] True __main__ False\nfrom a program\n" in text
    assert "no sandbox\n" in text
    assert done.files["left.txt"] == b"data"


def test_names_in_arabic_and_spaces_are_as_good_as_others(sandbox: Handler, bucket: JobServer) -> None:
    code = "```python exec\nimport matplotlib.pyplot as plt\nplt.plot([1])\nprint('ماء')\n```\n"
    done = execute(sandbox, bucket, {"تقرير 1.md": f"متن\r\n\r\n{code}".encode()})
    assert done.result()["ok"], done.output
    text = done.files["تقرير 1.md"].decode()
    assert text.startswith("متن\r\n\r\n")
    assert "```output\nماء\n```" in text
    assert "![](<تقرير 1_media/chunk-1-1.png>)" in text
    assert "تقرير 1_media/chunk-1-1.png" in done.files
