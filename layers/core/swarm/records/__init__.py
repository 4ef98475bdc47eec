"""Everything that DynamoDB holds, and the stores put together; `docs/table.md` lists the keys."""
