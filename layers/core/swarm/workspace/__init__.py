"""Workspaces: content-addressed files, snapshots of them, and the working copy that an agent edits."""
