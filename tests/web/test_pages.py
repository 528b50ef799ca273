"""How pages show an author's words."""

import pytest
from markupsafe import Markup

from app.domain.lesson import GUIDES, Topic
from app.web.markdown import markdown, unbroken
from app.web.pages import STATIC


@pytest.mark.parametrize("drawing", ["", "-peek", "-done"])
@pytest.mark.parametrize("topic", [*GUIDES, "no guide of its own"])
def test_each_guide_is_drawn_at_the_reveal_over_the_tiles_and_at_the_end(topic: str, drawing: str) -> None:
    assert (STATIC / "pictures" / f"{Topic(key=topic, name='Any').guide}{drawing}.svg").exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Why not an e-scooter?", 'Why not an <span class="unbroken">e-scooter</span>?'),
        ("E-bikes, T-shirts", '<span class="unbroken">E-bikes</span>, <span class="unbroken">T-shirts</span>'),
        ("Two-way, four in-a-row, 11-22", "Two-way, four in-a-row, 11-22"),
        ("<b>e-bike</b>", '&lt;b&gt;<span class="unbroken">e-bike</span>&lt;/b&gt;'),
    ],
)
def test_a_word_that_starts_with_one_letter_and_a_hyphen_stays_in_one_line(text: str, shown: str) -> None:
    assert unbroken(text) == Markup(shown)


def test_such_a_word_stays_in_one_line_on_a_slide_too() -> None:
    assert markdown("An **e-scooter**") == Markup(
        '<p>An <strong><span class="unbroken">e-scooter</span></strong></p>\n'
    )
