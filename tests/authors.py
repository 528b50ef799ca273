"""An author at work without a screen: reads the forms of the pages, types into them, and sends them."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from tests.cast import PRIYA, World

JSON = {"accept": "application/json"}


class _Forms(HTMLParser):
    """The fields of each form as a browser would send them, by the address to which it goes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None
        self._name = ""
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = self.found.setdefault(given.get("action", ""), {})
        if self._form is None or "disabled" in given:
            return
        name = given.get("name", "")
        match tag:
            case "input" if given.get("type") in ("checkbox", "radio"):
                if "checked" in given:
                    self._form[name] = given.get("value", "on")
            case "input" if name:
                self._form[name] = given.get("value", "")
            case "textarea":
                self._name, self._text = name, []
            case "select":
                self._name = name
                self._form.setdefault(name, "")
            case "option" if "selected" in given:
                self._form[self._name] = given.get("value", "")
                self._text = [] if "value" not in given else None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "option") and self._text is not None and self._form is not None:
            self._form[self._name] = "".join(self._text)
            self._text = None
        if tag == "form":
            self._form = None


def forms_on(page: str) -> dict[str, dict[str, str]]:
    parser = _Forms()
    parser.feed(page)
    return parser.found


@dataclass
class Author:
    """One signed-in presenter or coordinator, and one lesson."""

    client: TestClient
    key: str = "fire"

    @property
    def address(self) -> str:
        return f"/author/lessons/{self.key}"

    def page(self, path: str = "") -> str:
        answer = self.client.get(self.address + path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def form(self, path: str) -> dict[str, str]:
        """The form that is saved under this address."""
        return forms_on(self.page(path))[self.address + path]

    def send(self, path: str, form: dict[str, str] | None = None, **fields: Any) -> Response:
        return self.client.post(self.address + path, data={**(form or {}), **fields})

    def type(self, path: str, **fields: str) -> Response:
        """Change these fields of the form, and press Save."""
        changed = {name.replace("_", "-"): value for name, value in fields.items()}
        return self.send(path, self.form(path) | changed)

    def autosave(self, path: str, form: dict[str, str]) -> Response:
        """As author.js sends it."""
        return self.client.post(self.address + path, data=form, headers=JSON)

    @property
    def revision(self) -> int:
        forms = forms_on(self.page())
        return int(forms.get(f"{self.address}/undo", {"revision": "0"})["revision"])

    def undo(self) -> Response:
        return self.send("/undo", revision=str(self.revision))


def author(world: World, email: str = PRIYA, key: str = "fire") -> Author:
    return Author(world.staff(email), key)
