"""A file on its way in that somebody brings to have it read: counted all the way, a few read at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from app.domain.errors import Conflict, Invalid

AT_ONCE = 2  # each may take a processor for half a minute
PATIENCE = 60.0  # seconds without a byte
NO_FILE = "Choose a file first."
LINE_LOST = "The line was lost before the whole file was here. Nothing was kept. Try again."
MANY_AT_ONCE = "Other files are being read just now. Nothing was kept. Try again in a minute."


class Readers:
    """A few files are read at once, each in a process of its own."""

    def __init__(self) -> None:
        self._under_way = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        if self._under_way >= AT_ONCE:
            raise Conflict(MANY_AT_ONCE)
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


@asynccontextmanager
async def received(
    request: Request, field: str, largest: int, largest_sent: int, too_large: str
) -> AsyncIterator[tuple[str, UploadFile]]:
    """What the field beside it says, and the file, which waits on the disk.

    The guard lets such a form pass because it is counted here: `largest` may be kept, `largest_sent` is read at all.
    """
    chunks = _counted(request, largest, largest_sent, too_large)
    try:
        form = await MultiPartParser(request.headers, chunks, max_files=1, max_fields=2).parse()
    except (MultiPartException, KeyError) as error:
        raise Invalid(NO_FILE) from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid(NO_FILE)
        yield str(form.get(field) or ""), file
    finally:
        await form.close()


async def _counted(request: Request, largest: int, largest_sent: int, too_large: str) -> AsyncGenerator[bytes, None]:
    """What is too large is read to its end and thrown away: a browser shows the answer only then."""
    stream, arrived = request.stream(), 0
    try:
        while True:
            async with asyncio.timeout(PATIENCE):
                chunk = await anext(stream, None)
            if chunk is None:
                break
            arrived += len(chunk)
            if arrived > largest_sent:
                raise Invalid(too_large)
            if arrived <= largest:
                yield chunk
    except (TimeoutError, ClientDisconnect) as error:
        raise Invalid(LINE_LOST) from error
    if arrived > largest:
        raise Invalid(too_large)
