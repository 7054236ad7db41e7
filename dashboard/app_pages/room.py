"""A room: a class predicts by phone, discusses, votes again, and then sees what Keras returns."""

import streamlit as st

from components.panels.ask.complain import complain
from components.panels.ask.field_set import opened
from components.panels.teaching.kept_rooms import your_rooms
from components.panels.teaching.new_room import kept_safely
from components.panels.teaching.room import RoomFields, lead_room, led_room, open_room
from components.texts import text

above = st.container(key="room_above").empty()
seen = led_room(above)
(view,) = opened("room", RoomFields(led=seen is not None))
# Also where it stays empty: else the room would take its place in the browser, and would have the
# form's widgets in it for a moment.
form = st.container(key="room_form")
if seen is None:
    with form:
        st.title(text("room.title"), anchor=False)
        complain()
        with kept_safely(above):
            open_room(view)
            your_rooms()
else:
    complain()
    lead_room(seen, above, view)
