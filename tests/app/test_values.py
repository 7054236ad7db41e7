"""Numbers in place of ids, on the pages that take them."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Setup, run
from components.backend.question.sentences import read_values
from tests.app.conftest import OpenApp
from tests.app.reading import address, move, shows, sound

TABLE = "open;close\n1;2\n3.5;4\n\n-1;0\n0.25;1"
VALUES = (((1.0, 2.0), (3.5, 4.0)), ((-1.0, 0.0), (0.25, 1.0)))


def labels(at: AppTest) -> set[str]:
    """Those of the settings' widgets that are on the page."""
    kinds = (at.sidebar.slider, at.sidebar.selectbox, at.sidebar.toggle, at.sidebar.text_area)
    return {widget.label for kind in kinds for widget in kind}


def test_no_pair_differs_in_an_embedding_that_is_not_there(open_app: OpenApp) -> None:
    assert open_app("compare", source="sine").button("pair_embedding").disabled
    assert not open_app("compare").button("pair_embedding").disabled


def test_numbers_are_pasted(open_app: OpenApp) -> None:
    at = open_app("explore")
    move(at, "source", "pasted")
    assert address(at) == {"source": "pasted"}
    at.text_area("values").set_value(TABLE).run()
    assert read_values(address(at)["values"]) == VALUES
    assert not at.exception
    told = {"Numbers", "Sentence", "Hidden size"}
    assert told <= labels(at)
    assert not {"Sequence length", "Sentences", "Features", "Embedding"} & labels(at)


def test_a_wrong_cell_is_named(open_app: OpenApp) -> None:
    at = open_app("explore", values="1\n2\nx")
    assert "`'x' in line 3, cell 1`" in at.warning[0].value.replace("\\", "")
    assert at.text_area("values").value == "1\n2\nx"


@pytest.mark.parametrize("source", ["typed", "random", "walk"])
def test_from_numbers_to_another_source(open_app: OpenApp, source: str) -> None:
    at = open_app("explore", values=TABLE)
    move(at, "source", source)
    assert address(at)["source"] == source
    sound(at)


def test_the_number_of_features_is_set(open_app: OpenApp) -> None:
    at = move(open_app("explore", source="spike"), "features", 16)
    assert address(at) == {"source": "spike", "features": "16"}
    shows(at, Setup(source="spike", features=16).settings)


def test_the_shapes_name_the_axes(open_app: OpenApp) -> None:
    at = open_app("explore", source="sine", features="3", tab="shapes")
    shown = " ".join(each.value for each in at.main.markdown)
    assert "(1 sentence, 10 steps, 3 features)" in shown


def test_the_edit_page_has_a_grid_of_the_numbers(open_app: OpenApp) -> None:
    at = open_app("edit", values=TABLE, grid="values")
    frame = next(each.value for each in at.dataframe)
    numbers = np.array(frame.astype(float))
    expected = np.array(VALUES).transpose(0, 2, 1).reshape(4, 2)
    np.testing.assert_array_equal(numbers, expected)
    assert run(Setup(values=VALUES).settings).trace.inputs.shape == (2, 2, 2)
