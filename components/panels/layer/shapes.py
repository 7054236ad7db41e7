"""The shapes from tokens to returned tensors, which layer can come next, what the flags change."""

from __future__ import annotations

from itertools import product
from typing import Literal

import streamlit as st

from components.backend import Settings, is_warm
from components.backend.question.labels import counted, named_shape
from components.backend.question.layout import Layout, features, input_layout, returned_layout
from components.backend.question.linked import Linked
from components.backend.running.facts import length_fact
from components.backend.running.next_layer import NEXT_LAYERS, Reply, keras_shape, next_layer
from components.panels.ask.answered import show_failure
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.parts.facts import fact_list
from components.panels.run.compute import Failure, attempt
from components.texts import text


class ShapesView(Linked):
    """Which layer is put after this one."""

    next_layer: Literal[tuple(NEXT_LAYERS)] = next(iter(NEXT_LAYERS))


def shapes_panel(settings: Settings, view: FieldSet[ShapesView]) -> None:
    """The shapes of tokens, Embedding and returned tensors, the next layer, and the flags."""
    st.markdown(f"{text('shapes.intro')} {text('shapes.axes')}")
    stages = _stages(settings)
    for number, (column, stage) in enumerate(zip(st.columns(len(stages)), stages, strict=True)):
        arrow = ":material/arrow_forward: " if number else ""
        with column:
            st.caption(f"{arrow}{text(f'shapes.stage_{stage}')}")
            for name, shape, meaning in stages[stage]:
                with st.container(border=True, gap=None):
                    st.markdown(f"**{name}**{shape}")
                    st.caption(meaning)
    st.subheader(text("shapes.next"), anchor=False)
    _next(settings, view)
    st.subheader(text("shapes.flags"), anchor=False)
    st.caption(text("shapes.flags_why"))
    st.table(_flags(settings), alt=text("shapes.flags"), hide_index=True)
    _length(settings)


def _next(settings: Settings, view: FieldSet[ShapesView]) -> None:
    """The widget for the next layer, and what Keras says to it."""
    widget(view, "next_layer", row=True)
    name = view.value.next_layer
    if not is_warm():
        st.caption(text("shapes.loading"))
        return
    answer = attempt(lambda: next_layer(settings, name))
    if isinstance(answer, Failure):
        show_failure(answer)
        return
    returned = [layout.name for layout in returned_layout(settings)]
    replies = [("outputs", returned[0], answer.outputs)]
    if answer.everything:
        replies.append(("everything", f"({', '.join(returned)})", answer.everything))
    for column, (kind, given, reply) in zip(st.columns(len(replies)), replies, strict=True):
        with column.container(border=True, height="stretch"):
            _reply(settings, name, kind, given, reply)


def _reply(settings: Settings, name: str, kind: str, given: str, reply: Reply) -> None:
    """One call of the next layer: its output's shape, or Keras's error and what mends it."""
    verdict = "taken" if reply.error is None else "refused"
    colour = "green" if reply.error is None else "red"
    st.markdown(f"`{name}({given})` :{colour}-badge[{text(f'shapes.{verdict}')}]")
    if reply.error is None:
        outputs = keras_shape(returned_layout(settings)[0])
        st.markdown(f"`{outputs}` :material/arrow_forward: `{reply.shape}`")
        steps = "steps" if settings.return_sequences else "last"
        st.caption(text(f"shapes.next_{name.partition('(')[0]}_{steps}"))
    else:
        st.code(reply.error, language=None, wrap_lines=True)
        st.markdown(text(f"shapes.mend_{kind}"))


def _length(settings: Settings) -> None:
    """What the length changes; nothing if no model can be run, which the page shows elsewhere."""
    if not is_warm():
        return
    fact = attempt(lambda: length_fact(settings))
    if not isinstance(fact, Failure):
        st.subheader(text("shapes.length"), anchor=False)
        fact_list([fact], "facts")


def _stages(settings: Settings) -> dict[str, list[tuple[str, str, str]]]:
    """The name, shape and meaning of each tensor, by the stages of the model."""
    counts = {"steps": settings.steps, "features": features(settings), "units": settings.units}
    said = {name: counted(name.removesuffix("s"), count) for name, count in counts.items()}
    read, *embedded = input_layout(settings)
    kind = "embedding" if settings.has_embedding else "plain"
    name, told = text(f"shapes.{read.name}"), text(f"shapes.{read.name}_{kind}")
    stages = {"input": [(name, _shape(read), told)]}
    if embedded:
        said["table"] = f"{settings.vocabulary_size} × {settings.embedding_dim}"
        stages["embedding"] = [_box(layout, **said) for layout in embedded]
    stages["layer"] = [(settings.cell, "", text("shapes.layer", **said))]
    stages["returned"] = [_box(layout) for layout in returned_layout(settings)]
    return stages


def _box(layout: Layout, **said: str) -> tuple[str, str, str]:
    return layout.name, _shape(layout), text(f"shapes.{layout.name}", **said)


def _shape(layout: Layout) -> str:
    """The shape with its axes named, and as Keras prints it."""
    return f"  \n`{named_shape(layout)}`  \n`{keras_shape(layout)}`"


def _flags(settings: Settings) -> dict[str, list[str]]:
    """All four combinations of the flags and what each returns, the current one in bold."""
    rows: dict[str, list[str]] = {
        text(f"shapes.flag_{name}"): [] for name in ("sequences", "state", "returns")
    }
    for sequences, state in product((True, False), repeat=2):
        other = settings.but(return_sequences=sequences, return_state=state)
        returns = ", ".join(f"{t.name} {named_shape(t)}" for t in returned_layout(other))
        cells = [str(sequences), str(state), returns]
        if other == settings:
            cells = [f"**{cell}**" for cell in cells]
            cells[-1] += f" :green-badge[{text('shapes.flag_now')}]"
        for column, cell in zip(rows.values(), cells, strict=True):
            column.append(cell)
    return rows
