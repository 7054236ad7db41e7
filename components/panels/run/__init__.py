"""Runs the backend for a page: whose turn it is, what has failed, the log; and what else touches
Streamlit's private parts or the server."""
