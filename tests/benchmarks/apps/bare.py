"""The floor: one slider and two small charts, no model."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

size = st.slider("Hidden size", 1, 64, 4)
values = np.random.default_rng(size).uniform(-1, 1, (4, 10))
st.plotly_chart(go.Figure(go.Heatmap(z=values)), key="heatmap")
st.plotly_chart(go.Figure(go.Scatter(y=values[0])), key="line")
