"""The app in Korean: the switch changes the words and nothing else, for one visitor alone, and no
English is left on a page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from components.panels.accessibility import ENGLISH, ENGLISH_MENU
from components.texts import LANGUAGES, as_typed, speaking, text
from tests.browser.dashboard import (
    NewPage,
    expect_marked,
    pick,
    plot,
    visit,
)
from tests.browser.driver import ROOT, settle
from tests.browser.test_copy import copier, expect_loaded, expect_said, pasted
from tests.texts import TEXTS, as_list, not_yet_in

SETTINGS = {"cell": "GRU", "units": "5", "source": "random", "sentences": "3", "tab": "parameters"}
LINK = f"/?{'&'.join(map('='.join, SETTINGS.items()))}#step=4"

# The Latin words that may stand on a Korean page, by why they may.
ALLOWED = {
    "names of this app and of others": """RNN Lens Keras TensorFlow PyTorch NumPy Python cuDNN CPU
        GPU CSV Streamlit Chromium WCAG AA""",
    "classes of Keras": """LSTM GRU SimpleRNN RNN AdditiveAttention Attention
        GlobalAveragePooling1D MultiHeadAttention Softmax
        Bidirectional Stateful Embedding Conv1D Dense
        Dropout Flatten Input Lambda Model Masking RepeatVector Reshape TimeDistributed""",
    "arguments of Keras, and some that it refuses": """activation batch_first batch_input_shape
        batch_shape batch_size bias_initializer clipnorm drop_remainder dropout embedding_dim
        embeddings_initializer
        go_backwards implementation initial_state inner_activation input_dim input_length output_dim
        input_shape kernel_initializer mask mask_value mask_zero merge_mode padding
        key_dim recurrent_activation recurrent_dropout recurrent_initializer reset_after
        return_attention_scores return_sequence scale use_causal_mask use_scale
        return_sequences return_state shuffle stateful training unit_forget_bias unroll use_bias
        use_cudnn weights zero_output_for_mask""",
    "their values": """True False None NaN inf add auto ave concat mul sum post pre clip
        binary_crossentropy hard_sigmoid hard_sigmoid_keras linear mse relu sigmoid softmax
        sparse_categorical_crossentropy
        tanh""",
    "axes, as Keras names them": "batch samples time timesteps steps features units",
    "functions": """GradientTape LambdaCallback on_epoch_begin lambda epoch logs get_weights build
        exp count_params evaluate fit np predict reset_state
        reset_states reshape set_weights sliding_window_view swapaxes axis tf
        timeseries_dataset_from_array transpose""",
    "tensors, weights and layers in code": """backward_c backward_h bias embedded embedding
        attention attention_output context embeddings key query value
        forward_c forward_h keras kernel layer layers model outputs recurrent_kernel series state_c
        state_h states table tokens weight_hh_l weight_ih_l""",
    "what the notebook prints": "Last hidden_state",
    "symbols and keys": """A B C F G H ID J K L M O P Q T U W X a b c d e f g h i k n o q r s t v x
        y z Escape Enter Tab MB px""",
    "endings of files": "h ipynb keras npz py safetensors",
}
LATIN = re.compile(r"[A-Za-z][A-Za-z_]*(?:1D)?")
WORDS = {word for words in ALLOWED.values() for word in words.split()}
# Also those of texts that are not yet in Korean, which test_languages of tests/unit lists.
WORDS |= {*LATIN.findall(" ".join(each for p in not_yet_in("ko") for each in as_list(TEXTS[p])))}

# Keras's own, word for word.
ERRORS = re.compile(
    r"expected ndim=3(, found ndim=[24])?|cannot reshape array"
    r"|Layer expects 1 input\(s\), but it received 3 input tensors"
    r"|expected: \d|got: \d"
)

# What Streamlit itself has screen readers say, which it has in English alone.
STREAMLITS = re.compile(
    "|".join(re.sub("…$", ".*", re.escape(each)).replace("…", r"\w+") for each in ENGLISH)
)

# The English of a term in brackets behind it or, where the term is bold, at the beginning of what
# follows.
IN_ENGLISH = re.compile(r"(?:(?<=[가-힣])|^)\([A-Za-z][A-Za-z ]*(?=[,)])")

# All texts of a page and all that it has screen readers say, but for code and what is marked as
# being in another language; icons are words of a font of Streamlit's.
READ = (ROOT / "tests/browser/read_words.js").read_text("utf-8")

# What the widgets say, but for lists, whose words are the language's.
CHOSEN = """() => [...document.querySelectorAll("[role=radio], input:not([role=combobox])")]
    .map((each) => each.ariaChecked ?? (each.type === "checkbox" ? each.checked : each.value))"""

# Each text in an element, but for icons, and in how many lines it is shown.
LINES = """within => {
    const texts = document.createTreeWalker(within, NodeFilter.SHOW_TEXT)
    const found = []
    while (texts.nextNode()) {
        const { currentNode: said } = texts
        const range = document.createRange()
        range.selectNodeContents(said)
        const isIcon = said.parentElement.closest("[data-testid=stIconMaterial]")
        if (!isIcon) found.push([said.data, range.getClientRects().length])
    }
    return found
}"""


def switch(page: Page, language: str) -> None:
    page.get_by_role("button", name=LANGUAGES[language], exact=True).click()
    expect_spoken(page, language)


def expect_spoken(page: Page, language: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("button", name=LANGUAGES[language], exact=True)).to_have_count(0)
    settle(page)


def expect_explore(page: Page, language: str) -> None:
    """The page of LINK, with its words in a language."""
    expect_spoken(page, language)
    with speaking(language):
        expect(page).to_have_title(text("app.tab", page=text("pages.explore.title")))
        source = page.locator(".st-key-source").get_by_role("combobox")
        expect(source).to_have_accessible_name(text("settings.source.label"))
        expect(source).to_have_value(text("settings.source.options.random"))
    is_korean = re.compile("[가-힣]" if language == "ko" else "^[^가-힣]+$")
    expect(plot(page, "timeline")).to_have_accessible_name(is_korean)
    expect_marked(page, 4, "timeline")
    named = dict(parse_qsl(urlsplit(page.url).query))
    assert named == SETTINGS | ({"lang": "ko"} if language == "ko" else {})
    assert urlsplit(page.url).fragment == "step=4"


def test_the_switch_changes_the_words_and_nothing_else(new_page: NewPage) -> None:
    page = new_page(fresh=True, permissions=["clipboard-read", "clipboard-write"])
    visit(page, LINK)
    expect_explore(page, "en")
    before = page.evaluate(CHOSEN)
    switch(page, "ko")
    expect_explore(page, "ko")
    page.wait_for_function(
        f"before => JSON.stringify(({CHOSEN})()) === JSON.stringify(before)", arg=before
    )
    with speaking("ko"):
        expect_loaded(page)
        expect_said(link := copier(page, "link"), link.click)
        assert pasted(page) == page.url
    expect_menu_as_told(page)
    page.go_back()
    expect_explore(page, "en")
    switch(page, "ko")
    with speaking("ko"):
        questions = text("pages.questions.title")
        bar = page.get_by_test_id("stTopNav")
        bar.get_by_role("link", name=questions, exact=True).click()
        expect(page).to_have_title(text("app.tab", page=questions))
        expect_spoken(page, "ko")
    assert "lang=ko" in page.url
    other = new_page()
    other.goto("/questions")
    expect_spoken(other, "en")


def expect_menu_as_told(page: Page) -> None:
    """Streamlit's menu shows the English words that Accessibility tells of, each in a line."""
    page.get_by_test_id("stMainMenuButton").click()
    menu = page.get_by_test_id("stMainMenuPopover")
    expect(menu).to_be_visible()
    lines = {said: count for said, count in menu.evaluate(LINES) if not re.match(r"\d", said)}
    assert lines == {said.removesuffix("…"): 1 for said in ENGLISH_MENU}
    page.keyboard.press("Escape")


@pytest.mark.whole
def test_the_browsers_language_is_the_pages_unless_the_link_names_another(
    new_page: NewPage,
) -> None:
    page = new_page(locale="ko-KR")
    visit(page, "/?lang=fr&source=typed")
    expect_spoken(page, "ko")
    expect(page.get_by_role("alert")).to_contain_text("lang: 'fr'")
    expect(page.get_by_role("alert")).to_contain_text(", ".join(LANGUAGES))
    expect_key_named(page, "tokens", "apply")
    with speaking("ko"):
        pick(page, "source", text("settings.source.options.pasted"))
    expect_key_named(page, "values", "apply_lines")
    assert "source=pasted" in page.url
    assert "lang=" not in page.url  # nobody chose it
    switch(page, "en")
    assert "lang=en" in page.url


def expect_key_named(page: Page, key: str, label: str) -> None:
    """A field in which something is typed says which key takes it."""
    field = page.locator(f".st-key-{key}")
    field.get_by_role("textbox").fill("1")
    told = field.get_by_test_id("InputInstructions").locator("span")
    expect(told).to_have_count(1)
    with speaking("ko"):
        said = told.evaluate("said => getComputedStyle(said, '::after').content")
        assert said == f'"{text(f"app.labels.{label}")}"'
    assert told.inner_text() == ""


@pytest.mark.whole
def test_a_korean_word_is_found_with_its_particle(new_page: NewPage) -> None:
    page = new_page(locale="ko-KR")
    page.goto("/questions")
    settle(page)
    page.get_by_role("searchbox").fill("마스크를")
    with speaking("ko"):
        asked = text("questions.mask.asked")
    expect(page.locator(".rnn-find li:visible").filter(has_text=asked)).to_be_visible()


def expect_read_in_korean(page: Page, state: str = "") -> None:
    read = page.evaluate(READ)
    assert any(map(re.compile("[가-힣]").search, read))
    assert {said: found for said in read if (found := english(said))} == {}, state


def english(said: str) -> list[str]:
    """The Latin words of a text that no Korean page needs."""
    if STREAMLITS.fullmatch(said):
        return []
    left = ERRORS.sub("", IN_ENGLISH.sub("", as_typed(said)))
    return [word for word in LATIN.findall(left) if word not in WORDS]
