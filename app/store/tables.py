"""Every table and its constraints. Uniqueness stands here, never in a look before an insert.

What a row means and how long it lives: `docs/data-model.md`. Times are UTC.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


def _key() -> Any:
    return Field(default=None, primary_key=True)


def _of(table: str, *, nullable: bool = False) -> Any:
    return Field(default=None, foreign_key=f"{table}.id", nullable=nullable, index=False)


# People and places


class ProgrammeRow(SQLModel, table=True):
    __tablename__ = "programme"
    id: int | None = _key()
    slug: str = Field(unique=True)
    name: str
    area: str
    starts_on: date
    ends_on: date
    funder: str = ""
    funding_stream: str = ""
    target_classes: int = 0
    target_pupils: int = 0
    ended_at: datetime | None = None
    holidays: list[list[str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class AgencyRow(SQLModel, table=True):
    __tablename__ = "agency"
    id: int | None = _key()
    slug: str = Field(unique=True)
    name: str
    kind: str = ""
    logo: str = ""


class ProgrammeAgencyRow(SQLModel, table=True):
    __tablename__ = "programme_agency"
    __table_args__ = (UniqueConstraint("programme_id", "agency_id"),)
    id: int | None = _key()
    programme_id: int = _of("programme")
    agency_id: int = _of("agency")
    contact: str = ""
    vetted_on: date | None = None
    asked_at: datetime | None = None
    accepted_at: datetime | None = None


class AccountRow(SQLModel, table=True):
    __tablename__ = "account"
    id: int | None = _key()
    email: str = Field(unique=True)
    name: str
    password_hash: str | None = None
    disabled_at: datetime | None = None
    seen_at: datetime | None = None
    factor_seed: str | None = None
    factor_step: int | None = None


class RecoveryCodeRow(SQLModel, table=True):
    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "code_hash"),)
    id: int | None = _key()
    account_id: int = _of("account")
    code_hash: str
    used_at: datetime | None = None


class MembershipRow(SQLModel, table=True):
    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("(programme_id IS NULL) <> (agency_id IS NULL)", name="one_thing"),
        UniqueConstraint("account_id", "role", "programme_id"),
        UniqueConstraint("account_id", "role", "agency_id"),
    )
    id: int | None = _key()
    account_id: int = _of("account")
    role: str
    programme_id: int | None = _of("programme", nullable=True)
    agency_id: int | None = _of("agency", nullable=True)


class SignInRow(SQLModel, table=True):
    __tablename__ = "sign_in"
    id: int | None = _key()
    key_hash: str = Field(unique=True)
    account_id: int = _of("account")
    seen_at: datetime
    ends_at: datetime
    browser: str = ""
    awaits_code: bool = False


class InvitationRow(SQLModel, table=True):
    __tablename__ = "invitation"
    id: int | None = _key()
    token_hash: str = Field(unique=True)
    role: str
    programme_id: int | None = _of("programme", nullable=True)
    agency_id: int | None = _of("agency", nullable=True)
    email: str = ""
    invited_by: int | None = _of("account", nullable=True)
    expires_at: datetime
    used_at: datetime | None = None


class SchoolRow(SQLModel, table=True):
    __tablename__ = "school"
    id: int | None = _key()
    reference: str = Field(unique=True)
    name: str
    kind: str = ""
    district: str = ""
    is_demo: bool = False
    erased_at: datetime | None = None


class ProgrammeSchoolRow(SQLModel, table=True):
    __tablename__ = "programme_school"
    __table_args__ = (UniqueConstraint("programme_id", "school_id"),)
    id: int | None = _key()
    programme_id: int = _of("programme")
    school_id: int = _of("school")
    is_target: bool = True


class ClassGroupRow(SQLModel, table=True):
    __tablename__ = "class_group"
    __table_args__ = (UniqueConstraint("programme_id", "school_id", "label"),)
    id: int | None = _key()
    programme_id: int = _of("programme")
    school_id: int = _of("school")
    label: str
    year_group: int = 6
    on_roll: int | None = None
    usual_mode: str = "devices"


class ClassLinkRow(SQLModel, table=True):
    """`seed` makes the token anew, together with the server's secret; links of earlier releases have none."""

    __tablename__ = "class_link"
    __table_args__ = (Index("class_link_of_class", "class_group_id"),)
    id: int | None = _key()
    token_hash: str = Field(unique=True)
    class_group_id: int = _of("class_group")
    seed: str = ""
    expires_on: date
    revoked_at: datetime | None = None


class ClassSignInRow(SQLModel, table=True):
    __tablename__ = "class_sign_in"
    __table_args__ = (Index("class_sign_in_link", "class_link_id"),)
    id: int | None = _key()
    key_hash: str = Field(unique=True)
    class_link_id: int = _of("class_link")
    opened_at: datetime
    revoked_at: datetime | None = None


class PairingRow(SQLModel, table=True):
    __tablename__ = "pairing"
    id: int | None = _key()
    token_hash: str = Field(unique=True)
    run_id: int = _of("run")
    for_what: str = "controls"
    confirm_number: int | None = None
    phone_key_hash: str | None = Field(default=None, unique=True)
    expires_at: datetime
    confirmed_at: datetime | None = None


# Content


class TopicRow(SQLModel, table=True):
    __tablename__ = "topic"
    key: str = Field(primary_key=True)
    name: str


class LessonRow(SQLModel, table=True):
    __tablename__ = "lesson"
    id: int | None = _key()
    key: str = Field(unique=True)
    topic_key: str = Field(foreign_key="topic.key")
    owner_agency_id: int = _of("agency")
    title: str
    origin: str = "shipped"


class ModuleRow(SQLModel, table=True):
    __tablename__ = "module"
    __table_args__ = (UniqueConstraint("programme_id", "lesson_id"),)
    id: int | None = _key()
    programme_id: int = _of("programme")
    lesson_id: int = _of("lesson")
    position: int = 0


class VersionRow(SQLModel, table=True):
    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("lesson_id", "number"), UniqueConstraint("lesson_id", "document_hash"))
    id: int | None = _key()
    lesson_id: int = _of("lesson")
    number: int
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    document_hash: str
    published_at: datetime
    published_by: int | None = _of("account", nullable=True)
    retired_at: datetime | None = None


class VersionAgencyRow(SQLModel, table=True):
    __tablename__ = "version_agency"
    __table_args__ = (UniqueConstraint("version_id", "agency_id", "role"),)
    id: int | None = _key()
    version_id: int = _of("version")
    agency_id: int = _of("agency")
    role: str


class AskingRow(SQLModel, table=True):
    __tablename__ = "asking"
    __table_args__ = (UniqueConstraint("version_id", "step_key"),)
    id: int | None = _key()
    version_id: int = _of("version")
    step_key: str
    question_key: str
    purpose: str
    kind: str
    position: int
    is_anchor: bool = False
    tally_only: bool = False


class FactRow(SQLModel, table=True):
    __tablename__ = "fact"
    key: str = Field(primary_key=True)
    topic_key: str = Field(foreign_key="topic.key")
    text: str
    source: str
    checked_on: date
    review_by: date
    confidence: str
    audience: str


class FactApprovalRow(SQLModel, table=True):
    """An agency's signature under a fact, word for word; a fact of a draft may be signed before it is published."""

    __tablename__ = "fact_approval"
    __table_args__ = (UniqueConstraint("fact_key", "text_hash", "agency_id"),)
    id: int | None = _key()
    fact_key: str
    text_hash: str
    agency_id: int = _of("agency")
    account_id: int = _of("account")
    approved_on: date


class DraftRow(SQLModel, table=True):
    """The text of a lesson file and of its quiz as authors write them, right or not."""

    __tablename__ = "draft"
    id: int | None = _key()
    lesson_id: int = Field(foreign_key="lesson.id", unique=True)
    title: str
    agencies: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    lesson_text: str
    quiz_text: str
    shipped_hash: str = ""
    revision: int = 1
    state: str = "draft"
    edited_by: int | None = _of("account", nullable=True)
    edited_at: datetime


class DraftChangeRow(SQLModel, table=True):
    """What the texts of a draft were before a change, so that it can be undone."""

    __tablename__ = "draft_change"
    __table_args__ = (UniqueConstraint("draft_id", "revision"),)
    id: int | None = _key()
    draft_id: int = _of("draft")
    revision: int
    place: str
    lesson_text: str
    quiz_text: str
    by: int | None = _of("account", nullable=True)
    at: datetime


class ReviewRow(SQLModel, table=True):
    __tablename__ = "review"
    __table_args__ = (Index("review_of_draft", "draft_id", "revision"),)
    id: int | None = _key()
    draft_id: int = _of("draft")
    revision: int
    reviewer_id: int = _of("account")
    checklist: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    result: str
    words: str = ""
    at: datetime


class MediaRow(SQLModel, table=True):
    __tablename__ = "media"
    __table_args__ = (Index("media_of_agency", "agency_id"),)
    id: int | None = _key()
    public_name: str = Field(unique=True)
    agency_id: int = _of("agency")
    mime: str
    size: int
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    alt: str = ""
    is_decorative: bool = False
    captions: str = ""
    rights: str = ""


# Live


class LiveSessionRow(SQLModel, table=True):
    __tablename__ = "live_session"
    id: int | None = _key()
    programme_id: int = _of("programme")
    starts_at: datetime
    planned_minutes: int
    capacity: int | None = None
    video_url: str | None = None
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    seed: str
    skipped_steps: list[list[Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    module_position: int = 0
    step_key: str = ""
    phase: str = "lobby"
    round: int = 1
    seq: int = 0
    paused: bool = False
    holder_account_id: int | None = _of("account", nullable=True)
    holder_agency_id: int | None = _of("agency", nullable=True)
    holder_epoch: int = 0
    is_rehearsal: bool = False
    is_planned: bool = False
    questions: int = 8
    cancelled_at: datetime | None = None
    ics_sequence: int = 0


class LiveSessionModuleRow(SQLModel, table=True):
    __tablename__ = "live_session_module"
    __table_args__ = (UniqueConstraint("live_session_id", "position"),)
    id: int | None = _key()
    live_session_id: int = _of("live_session")
    position: int
    module_id: int = _of("module")
    version_id: int | None = _of("version", nullable=True)


class LiveSessionPresenterRow(SQLModel, table=True):
    """Who may hold the console: for the whole session, for one module, or for the steps of their own agency."""

    __tablename__ = "live_session_presenter"
    __table_args__ = (UniqueConstraint("live_session_id", "account_id"),)
    id: int | None = _key()
    live_session_id: int = _of("live_session")
    account_id: int = _of("account")
    agency_id: int | None = _of("agency", nullable=True)
    leads_all: bool = False
    position: int | None = None


class BookingRow(SQLModel, table=True):
    """A class group has a place, or asks for one, in a planned live session."""

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("live_session_id", "class_group_id"),
        Index("booking_of_class_group", "class_group_id"),
    )
    id: int | None = _key()
    live_session_id: int = _of("live_session")
    class_group_id: int = _of("class_group")
    state: str
    pack_sent_at: datetime | None = None
    room_checked_on: date | None = None
    dsl_told_on: date | None = None
    pupils_thought_of_on: date | None = None
    send_to: str = ""
    mail_trouble: str = ""
    ics_sequence: int = 0


class TeacherQuestionRow(SQLModel, table=True):
    __tablename__ = "teacher_question"
    __table_args__ = (
        Index("teacher_question_of_live_session", "live_session_id"),
        Index(
            "teacher_question_on_air_once",
            "live_session_id",
            unique=True,
            sqlite_where=text("state = 'on_air'"),
            postgresql_where=text("state = 'on_air'"),
        ),
    )
    id: int | None = _key()
    live_session_id: int = _of("live_session")
    run_id: int = _of("run")
    text: str
    state: str = "new"
    changes: int = 0
    asked_at: datetime


class AlsoAskedRow(SQLModel, table=True):
    """Another class asks the same: *us too*."""

    __tablename__ = "also_asked"
    __table_args__ = (UniqueConstraint("teacher_question_id", "run_id"),)
    id: int | None = _key()
    teacher_question_id: int = _of("teacher_question")
    run_id: int = _of("run")


class TeacherNoteRow(SQLModel, table=True):
    __tablename__ = "teacher_note"
    __table_args__ = (Index("teacher_note_of_live_session", "live_session_id"),)
    id: int | None = _key()
    live_session_id: int = _of("live_session")
    text: str
    at: datetime


class PulseRow(SQLModel, table=True):
    """That a console, or a class's screen, is connected to one of several workers: a number that goes on rising."""

    __tablename__ = "pulse"
    name: str = Field(primary_key=True)
    beats: int


class RunRow(SQLModel, table=True):
    __tablename__ = "run"
    __table_args__ = (
        Index("run_class_group", "class_group_id"),
        Index("run_of_live_session", "live_session_id", "class_group_id", unique=True),
        Index(
            "run_open_once",
            "class_group_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND kind IN ('lesson', 'recheck')"),
            postgresql_where=text("ended_at IS NULL AND kind IN ('lesson', 'recheck')"),
        ),
    )
    id: int | None = _key()
    class_group_id: int = _of("class_group")
    kind: str = "lesson"
    live_session_id: int | None = _of("live_session", nullable=True)
    following: bool = False
    join_code: str | None = Field(default=None, unique=True)
    locked: bool = False
    seed: str
    mode: str = "devices"
    skipped_steps: list[list[Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    epoch: int = 0
    module_position: int = 0
    step_key: str = ""
    phase: str = "lobby"
    round: int = 1
    seq: int = 0
    calm: bool = False
    present: int | None = None
    present_confirmed_at: datetime | None = None
    opened_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    purged_at: datetime | None = None


class RunModuleRow(SQLModel, table=True):
    __tablename__ = "run_module"
    __table_args__ = (UniqueConstraint("run_id", "position"),)
    id: int | None = _key()
    run_id: int = _of("run")
    position: int
    version_id: int = _of("version")


class CueRow(SQLModel, table=True):
    __tablename__ = "cue"
    __table_args__ = (
        CheckConstraint("(run_id IS NULL) <> (live_session_id IS NULL)", name="of_one_stage"),
        UniqueConstraint("run_id", "epoch", "seq"),
        UniqueConstraint("live_session_id", "seq"),
    )
    id: int | None = _key()
    run_id: int | None = _of("run", nullable=True)
    live_session_id: int | None = _of("live_session", nullable=True)
    epoch: int
    seq: int
    kind: str
    module_position: int
    step_key: str
    phase: str
    round: int
    at: datetime
    by: str
    agency_id: int | None = _of("agency", nullable=True)


class ParticipantRow(SQLModel, table=True):
    __tablename__ = "participant"
    __table_args__ = (UniqueConstraint("run_id", "alias"),)
    id: int | None = _key()
    run_id: int = _of("run")
    kind: str = "device"
    alias: str | None = None
    key_hash: str = Field(unique=True)
    deals: int = 1
    joined_at: datetime
    last_at: datetime
    removed_at: datetime | None = None


class AnswerRow(SQLModel, table=True):
    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("participant_id", "module_position", "step_key", "round"),
        Index("answer_tally", "run_id", "module_position", "step_key", "round"),
    )
    id: int | None = _key()
    run_id: int = _of("run")
    participant_id: int = _of("participant")
    module_position: int
    step_key: str
    round: int
    choice: str
    change_no: int
    message_id: str
    mode: str = "device"
    received_at: datetime


class SecretVoteRow(SQLModel, table=True):
    """That a participant has answered a tally-only asking; never what (ruling 8)."""

    __tablename__ = "secret_vote"
    __table_args__ = (UniqueConstraint("participant_id", "module_position", "step_key", "round"),)
    id: int | None = _key()
    participant_id: int = _of("participant")
    module_position: int
    step_key: str
    round: int


class SecretCountRow(SQLModel, table=True):
    __tablename__ = "secret_count"
    __table_args__ = (UniqueConstraint("run_id", "module_position", "step_key", "round", "choice"),)
    id: int | None = _key()
    run_id: int = _of("run")
    module_position: int
    step_key: str
    round: int
    choice: str
    n: int


# After


class AskingResultRow(SQLModel, table=True):
    __tablename__ = "asking_result"
    __table_args__ = (UniqueConstraint("run_id", "module_position", "step_key", "round", "mode"),)
    id: int | None = _key()
    run_id: int = _of("run")
    module_position: int
    step_key: str
    round: int
    mode: str = "device"
    joined: int
    answered: int
    right: int | None = None


class AskingChoiceRow(SQLModel, table=True):
    __tablename__ = "asking_choice"
    __table_args__ = (UniqueConstraint("asking_result_id", "choice"),)
    id: int | None = _key()
    asking_result_id: int = _of("asking_result")
    choice: str
    n: int


class ScorePairRow(SQLModel, table=True):
    __tablename__ = "score_pair"
    __table_args__ = (UniqueConstraint("run_id", "module_position", "mode", "before_right", "after_right"),)
    id: int | None = _key()
    run_id: int = _of("run")
    module_position: int
    mode: str = "device"
    before_right: int
    after_right: int
    n: int


class AnchorPairRow(SQLModel, table=True):
    __tablename__ = "anchor_pair"
    __table_args__ = (UniqueConstraint("run_id", "module_position", "mode", "question_key"),)
    id: int | None = _key()
    run_id: int = _of("run")
    module_position: int
    mode: str = "device"
    question_key: str
    both: int
    before_only: int
    after_only: int
    neither: int


class ParticipationRecordRow(SQLModel, table=True):
    __tablename__ = "participation_record"
    __table_args__ = (UniqueConstraint("run_id", "module_position"),)
    id: int | None = _key()
    run_id: int = _of("run")
    module_position: int
    programme_id: int = _of("programme")
    school_id: int = _of("school")
    class_group_id: int = _of("class_group")
    topic_key: str = Field(foreign_key="topic.key")
    version_id: int = _of("version")
    kind: str
    began_at: datetime
    minutes: float
    present: int | None = None
    devices_joined: int
    modes: str
    questions_served: int
    answers_counted: int
    matched: int
    steps_shown: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    steps_skipped: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    ended_early: bool = False
    status: str


class ContributionRow(SQLModel, table=True):
    __tablename__ = "contribution"
    __table_args__ = (UniqueConstraint("record_id", "agency_id", "role"),)
    id: int | None = _key()
    record_id: int = _of("participation_record")
    agency_id: int = _of("agency")
    role: str
    minutes: float


class AmendmentRow(SQLModel, table=True):
    """What a coordinator corrected in a record, and why; the record itself shows the newest."""

    __tablename__ = "amendment"
    __table_args__ = (Index("amendment_of_record", "record_id"),)
    id: int | None = _key()
    record_id: int = _of("participation_record")
    field: str
    old: str
    new: str
    reason: str
    by: int = _of("account")
    at: datetime


class ClassFeedbackRow(SQLModel, table=True):
    """What the teacher said of one run, each from 1 to 5."""

    __tablename__ = "class_feedback"
    id: int | None = _key()
    run_id: int = Field(foreign_key="run.id", unique=True)
    useful: int
    age_right: int
    would_rebook: int
    line: str = ""
    may_be_quoted: bool = False
    concern_prompt_shown: bool = True


class AuditEntryRow(SQLModel, table=True):
    """Who did what to which thing, by kind and number; chained, so that a change shows."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("audit_entry_actor", "actor"), Index("audit_entry_thing", "thing"))
    id: int | None = _key()
    seq: int = Field(unique=True)
    at: datetime
    actor: str
    act: str
    thing: str
    previous_hash: str = Field(unique=True)
    hash: str = Field(unique=True)


# What stands beside reports


class PartnerFigureRow(SQLModel, table=True):
    """What an agency says of its other work: reported by it, and not measured here."""

    __tablename__ = "partner_figure"
    __table_args__ = (UniqueConstraint("programme_id", "agency_id", "label", "period"),)
    id: int | None = _key()
    programme_id: int = _of("programme")
    agency_id: int = _of("agency")
    label: str
    amount: float
    measure: str = ""
    period: str
    source: str
    entered_by: int = _of("account")
    entered_at: datetime


class ApiTokenRow(SQLModel, table=True):
    """A key with which a dashboard reads one programme's report, or one agency's records."""

    __tablename__ = "api_token"
    __table_args__ = (CheckConstraint("(programme_id IS NULL) <> (agency_id IS NULL)", name="api_token_opens_one"),)
    id: int | None = _key()
    name: str
    token_hash: str = Field(unique=True)
    programme_id: int | None = _of("programme", nullable=True)
    agency_id: int | None = _of("agency", nullable=True)
    made_by: int = _of("account")
    made_at: datetime
    used_on: date | None = None
    revoked_at: datetime | None = None


class CostRow(SQLModel, table=True):
    """What a programme cost, as its coordinator states it."""

    __tablename__ = "cost"
    __table_args__ = (UniqueConstraint("programme_id", "covers", "period"),)
    id: int | None = _key()
    programme_id: int = _of("programme")
    agency_id: int | None = _of("agency", nullable=True)
    pence: int
    covers: str
    period: str
    source: str
    stated_by: int = _of("account")
    stated_at: datetime
