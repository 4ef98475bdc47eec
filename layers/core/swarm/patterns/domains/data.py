"""What varies in data analysis: operations, chart types, datasets, columns, statistics."""

from __future__ import annotations

from swarm.patterns.kinds import QUOTED, any_of, file_name, kind

_NAME = rf"(?:{QUOTED}|(?!(?:a|all|an|any|each|every|is|its|new|of|that|the|this|to|which)\b)\w{{1,40}}+)"
_WHICH = r"(?!(?:clean|cleaned|entire|given|new|provided|raw|same|source|whole)\b)"
# What follows the last name of a list tells it from the next clause: "by region and product, compute the ...".
_LISTED = rf"{_NAME}(?=[.,;:)]|$| (?:and|of|in|from|for|with|as|into|to|by)\b)"
_NAMES = rf"{_NAME}(?:(?:, and |, | and ){_LISTED}){{0,5}}"

DATA = (
    kind(
        "dataset",
        "path or name",
        file_name("csv tsv xlsx xls ods json jsonl ndjson parquet feather sqlite db dta sav"),
        rf"\b(?:the|our|my) ({_WHICH}[\w-]{{1,40}}+ (?:data ?set|data|table))\b",
        rf"\b(?:data ?set|table) (?:called |named )?({QUOTED})",
    ),
    kind(
        "column",
        "name",
        rf"\bcolumns?(?: called| named| are|:)? ({_NAMES})",
        rf"\bgroup(?:ed|ing)? by ({_NAMES})",
        r"\b(?:the|each|by) ((?!(?:first|last|same|new|other|each|every)\b)\w{1,40}+) column\b",
    ),
    kind(
        "operation",
        "name",
        any_of(
            r"group(?:ed|ing)? by|filter(?:ed|ing)?|aggregat\w{1,4}|join(?:ed|ing)?|merg(?:e|ed|ing)|pivot(?:ed|ing)?"
            r"|sort(?:ed|ing)?|de-?duplicat\w{1,4}|normali[sz]\w{1,6}|clean(?:ed|ing)?|imput(?:e|ed|ing|ation)"
            r"|resampl\w{1,4}|correlat(?:e|ed|ing)|cluster(?:ed|ing)?|forecast(?:ed|ing)?|rank(?:ed|ing)?"
            r"|interpolat\w{1,5}|outlier detection|anomaly detection|classif(?:y|ied|ication)|regression"
        ),
    ),
    kind(
        "chart_type",
        "name",
        any_of(
            r"(?:(?:stacked|grouped|horizontal) )?(?:bar|column|line|pie|donut|scatter|area|box|violin|bubble|radar"
            r"|waterfall|funnel|gantt|density) ?(?:charts?|plots?|graphs?|diagrams?)"
            r"|histograms?|heat ?maps?|tree ?maps?|sankey(?: diagrams?)?|sparklines?"
        ),
    ),
    kind(
        "statistic",
        "name",
        any_of(
            r"mean|average|median|mode|standard deviation|variance|quartiles?|quantiles?|percentiles?|minimum|maximum"
            r"|range|skewness|kurtosis|correlation(?: coefficients?)?|covariance|p-values?|confidence intervals?"
            r"|t-tests?|chi-squared?|anova|r-squared|growth rates?|totals?|counts?|sums?|shares?|percentages?"
        ),
    ),
)
