"""Questions to the backend as widgets: their links, complaints and languages, and what is covered
until a visitor uncovers it."""
