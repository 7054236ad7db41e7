"""Streamlit: each panel takes a Settings or a Run and draws it. No maths, no Keras."""
