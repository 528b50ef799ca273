"""Messages of the protocol that the live side says by itself (`docs/protocol.md`)."""

import json


def message(**members: object) -> str:
    """One message as text."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def ack(message_id: str, asking: str, round: int, choice: str, change: int) -> str:
    """Written by hand, since it is sent more often than all others; none of its texts can hold what JSON escapes."""
    return (
        f'{{"kind":"ack","id":"{message_id}","asking":"{asking}","round":{round},'
        f'"choice":"{choice}","change":{change}}}'
    )


def pong(epoch: int, seq: int) -> str:
    """Still here, and this is the stage: a device that has an older one has missed something, and dials anew."""
    return message(kind="pong", epoch=epoch, seq=seq)


def removed() -> str:
    return message(kind="bye", why="removed", say="This seat is closed. You can join again with the code.")


def elsewhere() -> str:
    return message(kind="bye", why="elsewhere", say="This lesson is open in another tab.")


def signed_out() -> str:
    return message(kind="bye", why="signed_out", say="Please sign in again.")


def ended() -> str:
    return message(kind="bye", why="ended", say="This lesson has finished.")
