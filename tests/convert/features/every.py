"""All features."""

from tests.convert.features import slides, word, workbooks

EVERY = (*word.FEATURES, *workbooks.FEATURES, *slides.FEATURES)
