"""Answers to the evals, made by hand: for each task a right one, and wrong ones by the grader that has to notice."""
