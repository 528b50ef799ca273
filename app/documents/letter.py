"""The letter to a class's teacher, as a tagged PDF: the class link, its picture code and what it is good for."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import segno

PAGE = r"""
#let letters = json(bytes(sys.inputs.letters))
#let words = json(bytes(sys.inputs.words))
#set document(title: words.title, author: words.product)
#set page(paper: "a4", margin: (x: 24mm, top: 20mm, bottom: 18mm))
#set text(font: "Libertinus Serif", size: 11pt, lang: "en", region: "GB", fill: rgb("#14213d"))
#set par(leading: 0.7em, spacing: 1em)
#show heading: set text(weight: "bold")
#show heading.where(level: 1): set text(size: 20pt)
#show heading.where(level: 2): set text(size: 12.5pt)
#show heading.where(level: 2): set block(above: 1.3em, below: 0.6em)
#let letter(one) = [
  #text(fill: rgb("#5b2a86"), weight: "bold")[#words.product]
  #h(1fr) #text(fill: rgb("#3d4a66"))[#one.programme]
  #v(-2mm) #line(length: 100%, stroke: 1.5pt + rgb("#14213d")) #v(2mm)

  To the teacher of class #one.class_label, #one.school

  = Your class link

  With this link you open the safety lessons for your class. You need no account and no password.

  #block(stroke: 1.5pt + rgb("#14213d"), radius: 4mm, inset: 6mm, width: 100%, breakable: false)[
    #grid(columns: (46mm, 1fr), column-gutter: 8mm, align: horizon,
      image(bytes(one.picture), format: "svg", width: 46mm, alt: "Picture code with the class link: " + one.address),
      [
        Point the camera of a tablet at the picture code, or type into a browser:

        #link(one.address)[#text(size: 13pt)[#one.host/c/] \ #text(size: 13pt, weight: "bold")[#one.token]]

        #text(fill: rgb("#3d4a66"))[Good for class #one.class_label until #one.until.]
      ])
  ]

  #if one.sessions.len() > 0 [
    == Your live #if one.sessions.len() > 1 [sessions] else [session]
    #list(tight: true, spacing: 0.65em, ..one.sessions.map(line => [#line]))
  ]
  #for part in words.parts [
    == #part.title
    #list(tight: true, spacing: 0.65em, ..part.lines.map(line => [#line]))
  ]

  Questions? Ask #one.coordinator, who coordinates #one.programme.
]
#for (place, one) in letters.enumerate() {
  if place > 0 { pagebreak() }
  letter(one)
}
"""


class Letter(NamedTuple):
    """All that stands in one letter. Of people it names the coordinator who prints it, and nobody else."""

    school: str
    class_label: str
    programme: str
    product: str
    address: str
    until: str
    coordinator: str
    sessions: tuple[str, ...] = ()
    """Live sessions in which the class has a place, each in one line."""


class Part(NamedTuple):
    title: str
    lines: tuple[str, ...]


PARTS = (
    Part(
        "How it works",
        (
            "Open the link on the classroom computer and press the button. The page Today shows your lessons.",
            "Choose a lesson, or join the live session at the time that was agreed with your school.",
            "Your pupils join with a code of six letters that your screen shows. Next leads you through.",
            "At the end count the class. That is the only number that we ask you for.",
        ),
    ),
    Part(
        "What you need",
        (
            "A classroom screen with a browser. Nothing is installed.",
            "For pupils a shared tablet or Chromebook, if you have them.",
            "Ask your IT team to allow this address. Help and the privacy notice are on its pages.",
        ),
    ),
    Part(
        "What is not stored",
        (
            "Nothing about pupils: no names, no accounts, nothing they type. Each gets a made-up name for the hour.",
            "What they chose is counted, and gone with the made-up names 24 hours after the lesson.",
        ),
    ),
    Part(
        "Keep it in school",
        (
            "Five browsers can hold the link. Do not put it where pupils or parents see it.",
            "If the letter is lost, tell your coordinator: a new link ends this one at once.",
        ),
    ),
)
"""The page to print says the same."""


def typed(address: str) -> tuple[str, str]:
    """What a person types, host and token: browsers add the rest, and hyphens must not break over a line."""
    host, _, token = address.partition("://")[2].partition("/c/")
    return host, token.replace("-", "\u2011")


def letters_pdf(letters: Sequence[Letter], now: datetime) -> bytes:
    """One page each."""
    import typst  # when the first letter is wanted: a server must start fast

    inputs = {
        "letters": json.dumps(
            [
                {
                    **one._asdict(),
                    **dict(zip(("host", "token"), typed(one.address), strict=True)),
                    "picture": _picture(one.address),
                }
                for one in letters
            ]
        ),
        "words": json.dumps(
            {
                "title": f"Class link: {letters[0].school}, class {letters[0].class_label}"
                if len(letters) == 1
                else f"Class links: {letters[0].programme}",
                "product": letters[0].product,
                "parts": [part._asdict() for part in PARTS],
            }
        ),
    }
    made: bytes = typst.compile(
        PAGE.encode(),
        format="pdf",
        sys_inputs=inputs,
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        timestamp=int(now.timestamp()),
    )
    return made


def _picture(address: str) -> str:
    """In capitals the code is coarser, so that it scans from further away; the address takes either."""
    return segno.make(address.upper(), error="m", micro=False).svg_inline(border=2, dark="#14213d", light="#fff")
