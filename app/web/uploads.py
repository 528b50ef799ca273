"""Takes in a form with a file in it, straight to the disk and counted all the way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from app.content.media_kinds import EMPTY, FILMS, HEAD, LARGEST, PICTURES, Kind, recognise
from app.domain.errors import Conflict, DomainError, Invalid
from app.store.media_files import HalfWritten, MediaFolder

LARGEST_UPLOAD = LARGEST["mp4"] + LARGEST["captions"] + 64 * 1024
LARGEST_WORDS = 8 * 1024
MOST_PARTS = 12
LONGEST_BOUNDARY = 70  # RFC 2046
AT_ONCE = 8
PIECE = 256 * 1024
PATIENCE = 60.0  # seconds without a byte

NO_FORM = "That was no form with a file. Go back to the page and try again."
NO_FILE = "Choose a file first."
TOO_LARGE_UPLOAD = "That is too large. A film may have 100 MB, a picture 8 MB."
TOO_LARGE: dict[Kind, str] = {
    **dict.fromkeys(PICTURES, "This picture is larger than 8 MB. Save it smaller: 1600 dots wide is enough."),
    **dict.fromkeys(FILMS, "This film is larger than 100 MB. Export it smaller (720p is enough), or cut it."),
    "captions": "These captions are larger than 200 KB. Captions of one film are much shorter.",
}
LINE_LOST = "The line was lost before the whole file was here. Nothing was added. Try again."
MANY_AT_ONCE = "Many files are being added just now. Nothing was added. Try again in a minute."
Done = TypeVar("Done")


@dataclass
class Received:
    """A file that is here as a whole, of a kind that we know."""

    kind: Kind
    size: int
    half: HalfWritten


@dataclass
class Upload:
    """The words and files of a form, by the names of its fields."""

    words: dict[str, str] = field(default_factory=dict)
    files: dict[str, Received] = field(default_factory=dict)

    def file(self, name: str) -> Received:
        if name not in self.files:
            raise Invalid(NO_FILE)
        return self.files[name]


class Uploads:
    """A few at once, each as fast as it comes. Pictures are drawn one by one: each needs memory for a moment."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "media")
        self._under_way = 0

    @asynccontextmanager
    async def receive(self, request: Request, folder: MediaFolder) -> AsyncIterator[Upload]:
        """What was sent; its files are gone when the block ends, unless they were put at their places."""
        if self._under_way >= AT_ONCE:
            raise Conflict(MANY_AT_ONCE)
        self._under_way += 1
        try:
            with ExitStack() as files:
                form = _Form(request.headers.get("content-type", ""), folder, files)
                await self._take_all(request, form)
                yield form.upload
        finally:
            self._under_way -= 1

    async def work(self, do: Callable[[], Done]) -> Done:
        """Beside the event loop, one after the other."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, do)

    async def _take_all(self, request: Request, form: "_Form") -> None:
        """Writes to the disk beside the event loop. Of a form that is refused the rest is read and thrown away:

        a browser shows the answer only when it has sent everything.
        """
        waiting, received = bytearray(), 0
        refusal: DomainError | None = None
        async for chunk in _chunks(request):
            received += len(chunk)
            if received > LARGEST_UPLOAD:
                raise Invalid(TOO_LARGE_UPLOAD)
            waiting += b"" if refusal else chunk
            if len(waiting) >= PIECE:
                refusal = await asyncio.to_thread(_refusal_of, form, bytes(waiting))
                waiting.clear()
        refusal = refusal or await asyncio.to_thread(_refusal_of, form, bytes(waiting))
        if refusal is None and not form.is_whole:
            refusal = Invalid(NO_FORM)
        if refusal is not None:
            raise refusal


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    try:
        while True:
            async with asyncio.timeout(PATIENCE):
                chunk = await anext(stream, None)
            if chunk is None:
                return
            yield chunk
    except (TimeoutError, ClientDisconnect) as error:
        raise Invalid(LINE_LOST) from error


def _refusal_of(form: "_Form", piece: bytes) -> DomainError | None:
    try:
        form.take(piece)
    except DomainError as refusal:
        return refusal
    except FormParserError:
        return Invalid(NO_FORM)
    return None


class _Form:
    """Cuts a multipart form into its parts as it comes. Names of files are not even read."""

    def __init__(self, content_type: str, folder: MediaFolder, files: ExitStack) -> None:
        what, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if what != b"multipart/form-data" or not 0 < len(boundary) <= LONGEST_BOUNDARY:
            raise Invalid(NO_FORM)
        self.upload = Upload()
        self._folder, self._files = folder, files
        self._parts = 0
        self._header = bytearray()
        self._value = bytearray()
        self._part: _Words | _File | None = None
        self.is_whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_content,
                "on_part_data": self._take_content,
                "on_part_end": self._end,
                "on_end": self._finish,
            },
        )

    def take(self, piece: bytes) -> None:
        """Raises a DomainError, or FormParserError for what is no form."""
        self._parser.write(piece)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Invalid(NO_FORM)
        self._options: dict[bytes, bytes] = {}

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._options = parse_options_header(bytes(self._value))[1]
        self._header.clear()
        self._value.clear()

    def _begin_content(self) -> None:
        name = self._options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in self._options:
            is_chosen = bool(self._options[b"filename"])
            self._part = _File(name, is_chosen, self._folder, self._files)
        else:
            self._part = _Words(name)

    def _take_content(self, data: bytes, start: int, end: int) -> None:
        assert self._part is not None
        self._part.take(data[start:end])

    def _end(self) -> None:
        assert self._part is not None
        self._part.put_into(self.upload)

    def _finish(self) -> None:
        self.is_whole = True


class _Words:
    def __init__(self, name: str) -> None:
        self._name = name
        self._words = bytearray()

    def take(self, piece: bytes) -> None:
        self._words += piece
        if len(self._words) > LARGEST_WORDS:
            raise Invalid("These words are too long. Make them shorter.")

    def put_into(self, upload: Upload) -> None:
        upload.words[self._name] = self._words.decode("utf-8", "replace")


class _File:
    """Written to the disk as it comes, once its first bytes have told what it is."""

    def __init__(self, name: str, is_chosen: bool, folder: MediaFolder, files: ExitStack) -> None:
        self._name, self._is_chosen, self._folder, self._files = name, is_chosen, folder, files
        self._head = b""
        self._kind: Kind | None = None
        self._size = 0
        self._half: HalfWritten | None = None

    def take(self, piece: bytes) -> None:
        if self._half is None:
            self._head += piece
            if len(self._head) < HEAD:
                return
            self._begin()
        else:
            self._write(piece)

    def put_into(self, upload: Upload) -> None:
        if self._half is None and not self._head:
            if self._is_chosen:
                raise Invalid(EMPTY)
            return  # a field for a file that was left empty
        if self._half is None:
            self._begin()
        assert self._half is not None
        assert self._kind is not None
        if self._name in upload.files:
            raise Invalid("Add one file at a time.")
        upload.files[self._name] = Received(self._kind, self._size, self._half)

    def _begin(self) -> None:
        self._kind = recognise(self._head)
        self._half = self._files.enter_context(self._folder.half_written())
        self._write(self._head)

    def _write(self, piece: bytes) -> None:
        assert self._half is not None
        assert self._kind is not None
        self._size += len(piece)
        if self._size > LARGEST[self._kind]:
            raise Invalid(TOO_LARGE[self._kind])
        self._half.write(piece)
