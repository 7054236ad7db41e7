"""Lessons: predict what Keras returns, then see it."""

import streamlit as st

from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.teaching.lessons import lesson_list, lesson_page
from components.panels.teaching.lessons_view import LessonsView
from components.panels.teaching.own.box import own_lesson
from components.panels.teaching.posed import heading
from components.texts import text
from dashboard.page_links import link_complaints
from dashboard.phones import preview

(view,) = opened("lessons", FieldSet(LessonsView))
lesson = view.value.chosen
if not lesson:
    st.title(text("lessons.title"), anchor=False)
    st.markdown(text("lessons.look"))
    complain()
    lesson_list()
    own_lesson(view, preview, link_complaints)
else:
    st.title(heading(lesson), anchor=False)
    lesson_page(view)
