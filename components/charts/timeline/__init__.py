"""h at every step and the last states, as coloured cells or as lines, and the note below them."""

from components.charts.timeline.note import timeline_note
from components.charts.timeline.timeline import timeline

__all__ = ["timeline", "timeline_note"]
