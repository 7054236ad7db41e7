"""A page to keep: one HTML file that opens without this server; and the link on paper."""
