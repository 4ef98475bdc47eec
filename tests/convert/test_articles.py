"""Articles as journals and Stencila have them: JATS, Stencila's Markdown and its JSON, both ways."""

from __future__ import annotations

import io
import json
from typing import Any

import docx
import pytest

from convert.fences import plain_fences
from tests.convert.conftest import Converter
from tests.convert.documents import png

pytestmark = pytest.mark.proof

SMD = """---
title: Rivers
author: Ada Lovelace
---

# Levels

Text *slanted*, **strong**, `code`, $x^2$ and [a link](https://example.org).[^1]

``` python exec
print(1 + 1)
```

``` python
shown()
```

| River | Level |
|-------|------:|
| Elbe  |  3.20 |

1. first
2. second

> quoted

[^1]: Underneath
"""
JATS = """<?xml version="1.0"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) v1.3//EN" "JATS-archivearticle1-3.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>
<title-group><article-title>Rivers</article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Lovelace</surname><given-names>Ada</given-names></name>
</contrib></contrib-group><abstract><p>Abstracted</p></abstract></article-meta></front>
<body><sec><title>Levels</title><p>Text <ext-link xlink:href="https://example.org">there</ext-link></p></sec></body>
</article>"""
# What the schema of version 2 writes; older ones hold texts in an object of their own.
ARTICLE = {
    "type": "Article",
    "title": [{"type": "Text", "value": {"string": "Rivers"}}],
    "authors": [{"type": "Person", "givenNames": ["Ada"], "familyNames": ["Lovelace"]}],
    "content": [
        {"type": "Heading", "level": 2, "content": [{"type": "Text", "value": "Levels"}]},
        {
            "type": "CodeChunk",
            "code": {"string": "print(2)"},
            "programmingLanguage": "python",
            "outputs": ["2\n", {"type": "ImageObject", "contentUrl": "plot.png", "caption": "Plotted"}],
        },
        {"type": "CallBlock", "source": "other.smd"},
        {"type": "Paragraph", "content": ["Sum ", {"type": "CodeExpression", "code": "1+1", "output": 2}]},
    ],
}
WORDS = (
    "Rivers",
    "Ada Lovelace",
    "Levels",
    "slanted",
    "print(1 + 1)",
    "shown()",
    "3.20",
    "second",
    "quoted",
    "Underneath",
)


def test_articles_keep_what_they_hold_there_and_back(converter: Converter) -> None:
    for suffix in ("jats", "json", "smd"):
        done = converter.convert({"a.smd": SMD.encode()}, "a.smd", f"b.{suffix}")
        assert "note:" not in done.output
        made = done.files[f"b.{suffix}"]
        back = converter.convert({f"b.{suffix}": made}, f"b.{suffix}", "c.smd").files["c.smd"].decode()
        assert [word for word in WORDS if word not in back] == []
        assert "[a link](https://example.org)" in back
        assert "$x^2$" in back
        if suffix != "jats":
            assert "``` python exec\nprint(1 + 1)\n```" in back
            assert "``` python\nshown()\n```" in back


def test_stencilas_json_is_an_article_with_its_nodes(converter: Converter) -> None:
    made: dict[str, Any] = json.loads(converter.convert({"a.smd": SMD.encode()}, "a.smd", "b.json").files["b.json"])
    assert made["type"] == "Article"
    assert made["authors"] == [{"type": "Person", "name": "Ada Lovelace"}]
    kinds = [node["type"] for node in made["content"]]
    assert kinds == ["Heading", "Paragraph", "CodeChunk", "CodeBlock", "Table", "List", "QuoteBlock"]
    assert made["content"][2] == {"type": "CodeChunk", "code": "print(1 + 1)", "programmingLanguage": "python"}


def test_outputs_and_unknown_nodes_of_an_article_are_read_or_named(converter: Converter) -> None:
    said = converter.read({"a.json": json.dumps(ARTICLE).encode()}, "a.json")
    for word in ("Rivers", "Ada Lovelace", "## Levels", "print(2)", "output", "plot.png", "Plotted", "`1+1` = 2"):
        assert word in said
    assert "note: nodes that have no counterpart are shown by their words alone: 1 CallBlock" in said
    assert "other.smd" in said


RAN = """```python exec
2 + 3
```

<!-- outputs -->

```output
5
```

![](a_media/chunk-1-1.png)

<!-- /outputs -->

After it.
"""


def test_outputs_that_code_left_belong_to_it(converter: Converter) -> None:
    files = {"a.smd": RAN.encode(), "a_media/chunk-1-1.png": png(40, 40)}
    made = converter.convert(files, "a.smd", "b.json").files["b.json"]
    chunk, after = json.loads(made)["content"]
    assert chunk["outputs"] == ["5", {"type": "ImageObject", "contentUrl": "a_media/chunk-1-1.png"}]
    assert after["type"] == "Paragraph"
    back = converter.convert({**files, "b.json": made}, "b.json", "c.smd").files["c.smd"].decode()
    assert back.index("<!-- outputs -->") < back.index("a_media/chunk-1-1.png") < back.index("<!-- /outputs -->")
    word = docx.Document(io.BytesIO(converter.convert(files, "a.smd", "a.docx").files["a.docx"]))
    assert [each.text for each in word.paragraphs if each.text] == ["2 + 3", "5", "After it."]
    assert len(word.inline_shapes) == 1
    assert "outputs" not in converter.read(files, "a.smd").replace("[a.smd]", "")


def test_chunks_of_quarto_are_code(converter: Converter) -> None:
    text = b"```{r setup, echo=FALSE}\nx <- 1\n```\n\n```{python}\nx = 2\n```\n"
    for name in ("a.qmd", "a.Rmd", "a.md"):
        content = json.loads(converter.convert({name: text}, name, "b.json").files["b.json"])["content"]
        assert [(each["type"], each["programmingLanguage"]) for each in content] == [
            ("CodeChunk", "r"),
            ("CodeChunk", "python"),
        ]
    assert "write smd or md" in converter.refused({"a.md": text}, "a.md", "b.qmd")


@pytest.mark.parametrize("name", ["a.xml", "a.nxml", "a.jats"])
def test_jats_is_read_under_each_of_its_names(converter: Converter, name: str) -> None:
    said = converter.read({name: JATS.encode()}, name)
    for word in ("Rivers", "Lovelace", "Abstracted", "Levels", "[there](https://example.org)"):
        assert word in said


@pytest.mark.parametrize(
    "name, content, said",
    [
        pytest.param("a.json", b'{"type": "object"}', "no article of Stencila's", id="other JSON"),
        pytest.param("a.json", b"[" * 100_000, "is not JSON", id="no JSON"),
        pytest.param(
            "a.json",
            b'{"type":"Article","content":[' + b'{"type":"QuoteBlock","content":[' * 300 + b"]}" * 300 + b"]}",
            "nested too deep",
            id="deep",
        ),
        pytest.param(
            "a.jats",
            b'<!DOCTYPE article [<!ENTITY a SYSTEM "file:///etc/passwd">]><article><body><p>&a;</p></body></article>',
            "defines entities",
            id="entities",
        ),
        pytest.param("a.xml", b"<note/>", "read_file reads the text as it is", id="other XML"),
    ],
)
def test_what_is_no_article_is_refused(converter: Converter, name: str, content: bytes, said: str) -> None:
    assert said in converter.refused({name: content}, name, "b.md")


@pytest.mark.parametrize(
    "text, plain",
    [
        ("```js title=x\n1\n```\n", "```js\n1\n```\n"),
        ("~~~ python exec\n1\n~~~\n", "~~~ {.python .exec}\n1\n~~~\n"),
        ("````md a b\n```python exec\n```\n````\n", "````md\n```python exec\n```\n````\n"),
        ("> ``` r exec\n> 1\n> ```\n", "> ``` {.r .exec}\n> 1\n> ```\n"),
        ("```{.python .x}\n1\n```\n", "```{.python .x}\n1\n```\n"),
        ("a ``` b c ``` d\n", "a ``` b c ``` d\n"),
    ],
)
def test_fences_with_more_than_a_language_are_fences(text: str, plain: str) -> None:
    assert plain_fences(text).replace("``` js", "```js").replace("```` md", "````md") == plain


def test_code_under_any_fence_stays_code(converter: Converter) -> None:
    text = b'```js title="x.js" {1,2}\none()\n```\n\n```python exec\ntwo()\n```\n'
    html = converter.convert({"a.md": text}, "a.md", "a.html").files["a.html"].decode()
    assert html.count("<pre") == 2
