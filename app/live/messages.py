"""Messages of the protocol that the live side says by itself (`docs/protocol.md`)."""

import json


def message(**members: object) -> str:
    """One message as text."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def removed() -> str:
    return message(
        kind="bye", why="removed", say="Your teacher has closed this seat. You can join again with the code."
    )


def elsewhere() -> str:
    return message(kind="bye", why="elsewhere", say="This lesson is open in another tab.")


def ended() -> str:
    return message(kind="bye", why="ended", say="This lesson has finished.")
