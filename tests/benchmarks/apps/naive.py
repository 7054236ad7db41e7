"""The obvious way: the page of bare.py, with a model built, compiled and run at every rerun."""

import keras
import numpy as np
import plotly.graph_objects as go
import streamlit as st

TOKENS = np.array([[4, 21, 64, 13, 77, 66, 54, 30, 81, 87]])

size = st.slider("Hidden size", 1, 64, 4)
tokens = keras.Input((TOKENS.shape[1],))
embedded = keras.layers.Embedding(100, 1)(tokens)
returned = keras.layers.LSTM(size, return_sequences=True, return_state=True)(embedded)
model = keras.Model(tokens, returned)
model.compile(optimizer="adam", loss="mse")
outputs, state_h, state_c = model.predict(TOKENS, verbose=0)
st.plotly_chart(go.Figure(go.Heatmap(z=outputs[0].T)), key="heatmap")
st.plotly_chart(go.Figure(go.Scatter(y=outputs[0, :, 0])), key="line")
