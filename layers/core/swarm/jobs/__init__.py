"""Work for functions that have no AWS permission: handed out as signed URLs, taken back only after validation."""
