"""Documents that ask for a file outside (CANARY) or for a web server (URL), in each format's own ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

_IMAGES_MD = """
![a](CANARY.png) ![b](file://CANARY.png) ![c](URL/x.png) ![d](../../../../..CANARY.png) <img src=URL/y.png>
"""

_IMAGES_HTML = """
<img src="CANARY.png"><img src="file://CANARY.png"><img src="URL/x.png"><img src="//127.0.0.1/x">
"""

_FRAMES_HTML = """
<iframe src="URL/frame"></iframe><iframe src="CANARY.txt"></iframe><object data="CANARY.txt"></object>
<embed src="URL/e"><link rel=stylesheet href="URL/s.css"><script src="URL/s.js"></script><base href="URL/">
<video src="URL/v" poster="URL/p"></video><img src="x.png">
"""

_METADATA_MD = """---
bibliography: CANARY.bib
csl: URL/style.csl
cover-image: CANARY.png
epub-cover-image: CANARY.png
css: URL/a.css
stylesheet: CANARY.txt
template: CANARY.txt
header-includes: '`#read("CANARY.txt")`{=typst}'
include-before: CANARY.txt
citation-abbreviations: CANARY.txt
---

[@canary]
"""

_TYPST_MD = """
```{=typst}
#read("CANARY.txt") #image("CANARY.png") #import "@preview/example:0.1.0"
```

`#read("CANARY.txt")`{=typst}

[x]{typst:text:fill='eval(read("CANARY.txt"))'}

::: {typst:inset='read("CANARY.txt")'}
block
:::

```{=openxml}
<w:p/>
```
"""

_CODE_MD = r"""
```{.x include="CANARY.txt"}
```

!include CANARY.txt

~~~ {.include}
CANARY.txt
~~~

$\input{CANARY.txt}$
"""

_LATEX = r"""
\input{CANARY.txt} \include{CANARY} \verbatiminput{CANARY.txt} \lstinputlisting{CANARY.txt}
\includegraphics{CANARY.png} \usepackage{CANARY} \canary \bibliography{CANARY} \csvautotabular{CANARY.txt}
"""

_RST = """
.. include:: CANARY.txt

.. include:: URL/x

.. literalinclude:: CANARY.txt

.. csv-table:: x
   :file: CANARY.txt

.. csv-table:: y
   :url: URL/t

.. raw:: html
   :file: CANARY.txt

.. image:: CANARY.png

.. figure:: URL/i.png
"""

_NOTEBOOK = json.dumps(
    {
        "cells": [{"cell_type": "markdown", "metadata": {}, "source": ["![a](CANARY.png) ![b](URL/x.png)"]}],
        "metadata": {"bibliography": "CANARY.bib"},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)

_RTF = r"""{\rtf1 {\field{\*\fldinst INCLUDETEXT "CANARY.txt"}{\fldrslt x}}
{\field{\*\fldinst INCLUDEPICTURE "URL/x"}}}"""

_MAIL = """From: a@example.org
Subject: x
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<img src="CANARY.png"><img src="file://CANARY.png"><img src="URL/x.png"><img src="cid:none">
<iframe src="CANARY.txt"></iframe>
--b
Content-Type: message/external-body; access-type=local-file; name="CANARY.txt"

--b
Content-Type: message/external-body; access-type=URL; URL="URL/body"

--b
Content-Type: image/png; name="../../../../CANARY.png"
Content-Location: CANARY.png

--b--
"""

_SAVED_PAGE = """MIME-Version: 1.0
Content-Type: multipart/related; boundary=b
Content-Location: URL/

--b
Content-Type: text/html
Content-Location: file://CANARY.txt

<base href="URL/"><img src="x.png"><img src="CANARY.png"><link rel=stylesheet href="URL/s.css">
--b--
"""

WANTING: Mapping[str, str] = MappingProxyType(
    {
        "image.md": _IMAGES_MD,
        "image.html": _IMAGES_HTML,
        "frame.html": _FRAMES_HTML,
        "meta.md": _METADATA_MD,
        "raw.md": _TYPST_MD,
        "code.md": _CODE_MD,
        "input.tex": _LATEX,
        "include.rst": _RST,
        "cell.ipynb": _NOTEBOOK,
        "field.rtf": _RTF,
        "outside.eml": _MAIL,
        "saved.mht": _SAVED_PAGE,
    }
)
"""Name of the file -> its text."""
