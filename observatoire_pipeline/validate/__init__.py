"""Stage 2: raw rows → accepted rows, and rejected ones with a reason."""
