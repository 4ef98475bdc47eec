"""Bringing an installation of the earlier version along: its database and its folders, to a service of this one."""
