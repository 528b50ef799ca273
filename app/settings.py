"""Every setting, typed, read once from the environment. There is no unsafe default outside demo mode."""

import secrets
from datetime import timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.domain.errors import NotAllowed
from app.domain.retention import PUPIL_LEVEL

ROOT = Path(__file__).resolve().parent.parent
DEMO_MARK = "DEMO"
EVERY_INTERFACE = ("0.0.0.0", "::")


class Settings(BaseSettings):
    """One field is one environment variable, `SIA_` before its name; `docs/settings.md` explains each."""

    model_config = SettingsConfigDict(env_prefix="SIA_", extra="ignore", frozen=True)

    product_name: str = "Safety in Action"
    demo: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    data_dir: Path = Path("data")
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    redis_url: str = Field(default="", validation_alias="REDIS_URL")
    address: str = ""
    """How browsers reach the server, for example https://sia.example; empty: http(s)://host:port."""
    behind_proxy: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None
    lessons_dir: Path = ROOT / "lessons"
    quizzes_dir: Path = ROOT / "quizzes"
    media_quota_mb: int = 2000
    seat_limit_spare: int = 3
    answers_queue: int = 20_000
    answers_batch: int = 1_000
    database_seconds: float = 1.5
    tally_seconds: float = 0.25
    stuck_seconds: float = 10
    bus_beat_seconds: float = 1
    presenter_gone_seconds: float = 10
    purge_hours: float = PUPIL_LEVEL // timedelta(hours=1)
    run_hours: float = 4
    pairing_seconds: float = 60
    wrong_codes_per_address: int = 120
    coordinators_need_second_factor: bool = True
    provider_issuer: str = ""
    """An OpenID Connect provider with which staff may sign in, such as https://accounts.google.com; empty: none."""
    provider_client_id: str = ""
    provider_client_secret: str = ""
    provider_name: str = "your organisation"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = Field(default="", repr=False)
    smtp_from: str = ""
    network_check_seconds: float = 60
    log_level: str = "INFO"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'safety-in-action.db'}"

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach us over HTTPS; then cookies are Secure and carry the __Host- prefix."""
        return self.has_own_tls or (self.behind_proxy and self.address.startswith("https://"))

    @property
    def has_own_tls(self) -> bool:
        return self.tls_cert is not None and self.tls_key is not None

    @property
    def second_factor_is_a_must(self) -> bool:
        """For coordinators; the demo's accounts are everybody's."""
        return self.coordinators_need_second_factor and not self.demo

    @property
    def base_address(self) -> str:
        scheme = "https" if self.has_own_tls else "http"
        host = "127.0.0.1" if self.host in EVERY_INTERFACE else self.host
        return (self.address or f"{scheme}://{host}:{self.port}").rstrip("/")

    @property
    def sends_mail(self) -> bool:
        """Whether letters go by e-mail; else they are printed."""
        return bool(self.smtp_host and self.smtp_from)

    @property
    def is_on_postgres(self) -> bool:
        return self.database_url.startswith("postgresql")

    @property
    def has_bus(self) -> bool:
        """Whether other workers may serve the same programme, here or on another machine. SQLite has but one."""
        return bool(self.redis_url) and self.is_on_postgres

    def must_be_safe_to_serve(self) -> None:
        """Raises NotAllowed when serving so would be unsafe (ruling 15)."""
        self._must_suit_workers()
        marked = (self.data_dir / DEMO_MARK).exists()
        if marked and not self.demo:
            raise NotAllowed(
                f"The folder {self.data_dir} holds the demo. Its passwords are shown on its home page. "
                "Choose another folder with --data-dir, or start the demo with: safety-in-action demo"
            )
        if self.behind_proxy and not self.address.startswith("https://"):
            raise NotAllowed(
                "Behind a proxy, --address must say how browsers reach it, for example https://sia.example"
            )
        if self.provider_issuer and not self.provider_issuer.startswith("https://"):
            raise NotAllowed("SIA_PROVIDER_ISSUER must begin with https://, for example https://accounts.google.com")
        if self.provider_issuer and not (self.provider_client_id and self.provider_client_secret):
            raise NotAllowed("SIA_PROVIDER_ISSUER also needs SIA_PROVIDER_CLIENT_ID and SIA_PROVIDER_CLIENT_SECRET.")
        if not self.demo and not self.is_secure:
            raise NotAllowed(
                "Outside the demo, classes need HTTPS. Give --tls-cert and --tls-key, or put a proxy in front and "
                "start with --behind-proxy --address https://your.address"
            )

    def _must_suit_workers(self) -> None:
        if self.workers < 1:
            raise NotAllowed("At least one worker is needed: give --workers 1 or more.")
        if self.workers > 1 and not self.is_on_postgres:
            raise NotAllowed(
                "Several workers need a PostgreSQL database, because an SQLite file takes writes from one process "
                "only. Give its address in DATABASE_URL, or serve with --workers 1."
            )
        if self.workers > 1 and not self.redis_url:
            raise NotAllowed(
                "Several workers tell each other through Redis what has changed. Give its address in REDIS_URL, "
                "for example redis://127.0.0.1:6379, or serve with --workers 1."
            )
        if self.has_bus and not self.redis_url.startswith(("redis://", "rediss://", "unix://")):
            raise NotAllowed("REDIS_URL must begin with redis:// or rediss://, for example redis://127.0.0.1:6379")

    def secret(self) -> str:
        """The signing secret of this installation; drawn at first start and kept in the data folder."""
        place = self.data_dir / "secret"
        if not place.exists() or not place.read_text():  # empty: a crash between making and writing it
            whole = place.with_suffix(".new")
            whole.touch(mode=0o600)
            whole.write_text(secrets.token_urlsafe(48))
            whole.replace(place)
        return place.read_text()
