"""Graders: each computes one thing from what a run left, and no model is asked."""
