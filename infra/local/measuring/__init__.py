"""CloudWatch on a laptop: what is measured, the alarms of the template over it, and both as text for Prometheus."""
