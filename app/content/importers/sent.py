"""What was found in a file, as bytes: to pass it between processes and to lay it by until its owner has seen it."""

from pydantic import BaseModel

from app.content.importers.imported import Imported


class _Sent(BaseModel, ser_json_bytes="base64", val_json_bytes="base64"):
    found: Imported


def to_bytes(found: Imported) -> bytes:
    return _Sent(found=found).model_dump_json().encode()


def from_bytes(content: bytes) -> Imported:
    return _Sent.model_validate_json(content).found
