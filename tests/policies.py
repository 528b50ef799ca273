"""Who may come in where: every address of the app, and what is sent to it to see.

A policy names who is let in to the own object and to a foreign one. The own objects belong to the fire service
(the lesson `fire`, a live session that Priya leads), to the programme `town` and to Tess's class; the foreign ones to
the police, to the programme `other` and to Theo's class. Whoever is not named is turned away, and changes nothing.
"""

from typing import Any, NamedTuple

from app.domain.teacher_question import MESSAGES

ROLES = (
    "nobody",
    "pupil",
    "teacher",
    "phone",
    "presenter",
    "other_presenter",
    "coordinator",
    "other_coordinator",
    "disabled",
)


class Policy(NamedTuple):
    """Who is let in; `foreign` is None where no address and no form names an object."""

    own: frozenset[str]
    foreign: frozenset[str] | None = None


def _roles(words: str) -> frozenset[str]:
    found = frozenset(words.split())
    assert found <= set(ROLES)
    return found


ANYONE = Policy(frozenset(ROLES))
PUPIL = Policy(_roles("pupil"))
TEACHER = Policy(_roles("teacher"))
TEACHER_OF_IT = Policy(_roles("teacher"), _roles(""))
LEADER = Policy(_roles("teacher phone"))
LEADER_OF_IT = Policy(_roles("teacher phone"), _roles(""))
STAFF = Policy(_roles("presenter other_presenter coordinator other_coordinator"))
PRESENTER = Policy(_roles("presenter other_presenter"))
MEMBERS = Policy(_roles("presenter"), _roles("other_presenter"))
MEMBERS_AND_COORDINATOR = Policy(_roles("presenter coordinator"), _roles("other_presenter coordinator"))
COORDINATOR_OF_BOTH = Policy(_roles("coordinator"), _roles("coordinator"))
COORDINATOR = Policy(_roles("coordinator"), _roles("other_coordinator"))
ANY_COORDINATOR = Policy(_roles("coordinator other_coordinator"))
WHO_LEADS_IT = Policy(_roles("presenter coordinator"), _roles("other_coordinator"))
TAKING_PART = Policy(_roles("presenter other_presenter coordinator"), _roles("other_coordinator"))
WHO_REPORTS = Policy(_roles("presenter coordinator"), _roles("other_coordinator"))
ONESELF = Policy(_roles("presenter"), _roles("other_presenter"))

LESSON = "/author/lessons/{key}"
CONSOLE = "/present/{session_id}"
OF = "/programmes/{slug}"
PLANNED = f"{OF}/timetable/{{session_id}}"
CLASS_GROUP = f"{OF}/class-groups/{{class_group_id}}"

POLICIES: dict[str, Policy] = {
    # start and notices
    "GET /": ANYONE,
    "GET /help": ANYONE,
    "GET /privacy": ANYONE,
    "GET /accessibility": ANYONE,
    "GET /static/{path}": ANYONE,
    "GET /health/live": ANYONE,
    "GET /health/ready": ANYONE,
    "GET /network-check": ANYONE,
    "GET /network-check/now": ANYONE,
    "GET /network-check/poll": ANYONE,
    "WEBSOCKET /network-check/socket": ANYONE,
    # pupils
    "GET /join": ANYONE,
    "POST /join": ANYONE,
    "GET /j/{code}": ANYONE,
    "GET /J/{code}": ANYONE,
    "GET /play": PUPIL,
    "POST /play/answers": PUPIL,
    "GET /play/panels/{panel}": PUPIL,
    "POST /play/alias": PUPIL,
    "POST /play/leave": ANYONE,
    "WEBSOCKET /play/socket": PUPIL,
    # teachers
    "GET /c/{token}": ANYONE,
    "GET /C/{token}": ANYONE,
    "POST /c/{token}": ANYONE,
    "POST /C/{token}": ANYONE,
    "GET /class": TEACHER,
    "POST /class/sign-out": TEACHER,
    "POST /class/live": TEACHER,
    "POST /class/bookings": TEACHER_OF_IT,
    "POST /class/bookings/ticks": TEACHER_OF_IT,
    "GET /class/calendar.ics": TEACHER,
    "GET /class/run": LEADER,
    "POST /class/run": TEACHER,
    "POST /class/recheck": TEACHER,
    "GET /class/run/screen": LEADER,
    "GET /class/run/controls": LEADER,
    "GET /class/run/panels/{panel}": LEADER,
    "WEBSOCKET /class/run/socket": LEADER,
    "POST /class/run/cue": LEADER,
    "GET /class/run/ask": LEADER,
    "POST /class/run/questions": LEADER,
    "POST /class/run/questions/also": LEADER,
    "POST /class/run/lock": LEADER,
    "POST /class/run/seats/remove": LEADER_OF_IT,
    "GET /class/run/finish": LEADER,
    "POST /class/run/finish": LEADER,
    "GET /class/run/report": TEACHER_OF_IT,
    "GET /class/run/certificate.pdf": TEACHER_OF_IT,
    "GET /class/run/recheck.ics": TEACHER_OF_IT,
    "GET /class/papers/{version_id}/{paper}.pdf": TEACHER_OF_IT,
    "POST /class/run/attendance": TEACHER_OF_IT,
    "POST /class/run/take-back": TEACHER_OF_IT,
    "POST /class/run/feedback": TEACHER_OF_IT,
    "POST /class/run/feedback/erase": TEACHER_OF_IT,
    "GET /class/run/pair": TEACHER,
    "POST /class/run/pair": TEACHER,
    "POST /class/run/pair/confirm": TEACHER,
    "GET /pair/{token}": ANYONE,
    "POST /pair/{token}": ANYONE,
    "GET /pair/wait": ANYONE,
    # doors of staff
    "GET /set-up/{token}": ANYONE,
    "POST /set-up/{token}": ANYONE,
    "GET /sign-in": ANYONE,
    "POST /sign-in": ANYONE,
    "GET /sign-in/code": Policy(_roles("")),
    "POST /sign-in/code": Policy(_roles("")),
    "GET /sign-in/provider": ANYONE,
    "GET /sign-in/provider/back": ANYONE,
    "POST /sign-out": ANYONE,
    "GET /people/invited/{token}": ANYONE,
    "POST /people/invited/{token}": ANYONE,
    # one's own account
    "GET /account": STAFF,
    "POST /account/password": STAFF,
    "POST /account/recovery-codes": STAFF,
    "GET /account/second-factor": STAFF,
    "POST /account/second-factor": STAFF,
    "POST /account/second-factor/remove": STAFF,
    "POST /account/sign-ins/end": ONESELF,
    # people
    "GET /people": STAFF,
    "GET /people/audit": ANY_COORDINATOR,
    "POST /people/invitations": MEMBERS_AND_COORDINATOR,
    "POST /people/invitations/withdraw": MEMBERS_AND_COORDINATOR,
    "POST /people/disable": COORDINATOR,
    "POST /people/enable": COORDINATOR,
    "POST /people/second-factor/remove": COORDINATOR,
    # a programme
    "GET /programmes": STAFF,
    "GET /programmes/new": ANY_COORDINATOR,
    "POST /programmes/new": ANY_COORDINATOR,
    f"GET {OF}": COORDINATOR,
    "POST /programmes/asked/accept": MEMBERS,
    "POST /programmes/asked/decline": MEMBERS,
    f"GET {OF}/costs": COORDINATOR,
    f"POST {OF}/costs": COORDINATOR,
    f"POST {OF}/costs/remove": COORDINATOR,
    f"GET {OF}/details": COORDINATOR,
    f"POST {OF}/details": COORDINATOR,
    f"GET {OF}/copy": COORDINATOR,
    f"POST {OF}/copy": COORDINATOR,
    f"POST {OF}/modules": COORDINATOR,
    f"POST {OF}/modules/order": COORDINATOR,
    f"POST {OF}/modules/remove": COORDINATOR,
    f"GET {OF}/agencies": COORDINATOR,
    f"POST {OF}/agencies": COORDINATOR,
    f"POST {OF}/agencies/new": COORDINATOR,
    f"GET {OF}/agencies/{{agency_id}}": COORDINATOR,
    f"POST {OF}/agencies/{{agency_id}}": COORDINATOR,
    f"POST {OF}/agencies/{{agency_id}}/remove": COORDINATOR,
    f"GET {OF}/schools": COORDINATOR,
    f"POST {OF}/schools": COORDINATOR,
    f"GET {OF}/schools/{{school_id}}": COORDINATOR,
    f"POST {OF}/schools/{{school_id}}": COORDINATOR,
    f"POST {OF}/schools/{{school_id}}/remove": COORDINATOR,
    f"GET {OF}/schools/{{school_id}}/held.zip": COORDINATOR,
    f"GET {OF}/schools/{{school_id}}/erase": COORDINATOR,
    f"POST {OF}/schools/{{school_id}}/erase": COORDINATOR,
    f"GET {OF}/records": COORDINATOR,
    f"GET {OF}/records/{{run_id}}": COORDINATOR,
    f"POST {OF}/records/{{run_id}}": COORDINATOR,
    f"GET {OF}/schools/list": COORDINATOR,
    f"GET {OF}/schools/list.xlsx": COORDINATOR,
    "POST /programmes/brought": COORDINATOR,
    f"GET {OF}/schools/brought/{{name}}": COORDINATOR,
    f"POST {OF}/schools/brought/{{name}}": COORDINATOR,
    f"GET {OF}/class-groups": COORDINATOR,
    f"POST {OF}/class-groups": COORDINATOR,
    f"GET {CLASS_GROUP}": COORDINATOR,
    f"POST {CLASS_GROUP}": COORDINATOR,
    f"POST {CLASS_GROUP}/remove": COORDINATOR,
    f"POST {CLASS_GROUP}/link": COORDINATOR,
    f"POST {CLASS_GROUP}/browsers/remove": COORDINATOR,
    f"GET {OF}/letters": COORDINATOR,
    f"POST {OF}/letters": COORDINATOR,
    f"GET {OF}/letters.pdf": COORDINATOR,
    f"GET {OF}/letters/{{class_group_id}}": COORDINATOR,
    f"GET {OF}/letters/{{class_group_id}}/letter.pdf": COORDINATOR,
    # its timetable, bookings and wall
    f"GET {OF}/timetable": COORDINATOR,
    f"GET {OF}/timetable/new": COORDINATOR,
    f"POST {OF}/timetable/new": COORDINATOR,
    f"POST {OF}/timetable/holidays": COORDINATOR,
    f"GET {PLANNED}": COORDINATOR,
    f"GET {PLANNED}/plan": COORDINATOR,
    f"POST {PLANNED}/plan": COORDINATOR,
    f"POST {PLANNED}/cancel": COORDINATOR,
    f"POST {PLANNED}/bookings": COORDINATOR,
    f"GET {OF}/bookings": COORDINATOR,
    f"POST {OF}/bookings/packs": COORDINATOR,
    f"POST {OF}/bookings/{{booking_id}}": COORDINATOR,
    f"POST {OF}/bookings/{{booking_id}}/pack": COORDINATOR,
    f"GET {OF}/calendar.ics": COORDINATOR,
    f"GET {OF}/wall": COORDINATOR,
    f"GET {OF}/wall/panel": COORDINATOR,
    # reports
    "GET /reports/agencies/{agency}": MEMBERS_AND_COORDINATOR,
    "GET /reports/programmes/{slug}": COORDINATOR,
    "GET /reports/agencies/{agency}.{kind}": MEMBERS_AND_COORDINATOR,
    "GET /reports/programmes/{slug}.{kind}": COORDINATOR,
    "GET /reports/programmes/{slug}/funder": TAKING_PART,
    "GET /reports/programmes/{slug}/figures": TAKING_PART,
    "POST /reports/programmes/{slug}/figures": WHO_REPORTS,
    "POST /reports/programmes/{slug}/figures/remove": WHO_REPORTS,
    "GET /reports/keys": STAFF,
    "POST /reports/keys": MEMBERS,
    "POST /reports/keys/revoke": MEMBERS,
    "GET /api/v1/programmes/{slug}/report": Policy(_roles("")),
    "GET /api/v1/agencies/{agency}/records": Policy(_roles("")),
    "GET /api/v1/openapi.json": ANYONE,
    # live sessions
    "GET /present": STAFF,
    "POST /present": Policy(_roles("presenter other_presenter coordinator"), _roles("other_coordinator")),
    "GET /present/calendar.ics": STAFF,
    f"POST {CONSOLE}/open": WHO_LEADS_IT,
    f"POST {CONSOLE}/rehearse": WHO_LEADS_IT,
    f"GET {CONSOLE}": MEMBERS_AND_COORDINATOR,
    f"GET {CONSOLE}/panels/{{panel}}": MEMBERS_AND_COORDINATOR,
    f"WEBSOCKET {CONSOLE}/socket": MEMBERS_AND_COORDINATOR,
    f"POST {CONSOLE}/cue": MEMBERS,
    f"POST {CONSOLE}/console": MEMBERS_AND_COORDINATOR,
    f"GET {CONSOLE}/ended": MEMBERS_AND_COORDINATOR,
    f"GET {CONSOLE}/presenters": MEMBERS_AND_COORDINATOR,
    f"POST {CONSOLE}/presenters": MEMBERS_AND_COORDINATOR,
    f"POST {CONSOLE}/questions": MEMBERS,
    f"POST {CONSOLE}/notes": MEMBERS,
    f"POST {CONSOLE}/end": MEMBERS,
    f"POST {CONSOLE}/simulated": MEMBERS_AND_COORDINATOR,
    # pictures and films
    "GET /media/{name}": MEMBERS,
    "GET /author/media": PRESENTER,
    "POST /author/media": PRESENTER,
    "POST /author/media/remove": MEMBERS,
    "POST /author/media/logo": MEMBERS,
    "GET /agencies/{agency}/logo": STAFF,
    # lessons
    "GET /author": STAFF,
    "GET /author/facts": STAFF,
    "GET /author/questions.xlsx": STAFF,
    "POST /author/lessons": PRESENTER,
    f"GET {LESSON}": MEMBERS_AND_COORDINATOR,
    f"GET {LESSON}/details": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/details": MEMBERS,
    f"POST {LESSON}/order": MEMBERS,
    f"POST {LESSON}/undo": MEMBERS,
    f"POST {LESSON}/shipped": MEMBERS,
    f"POST {LESSON}/steps": MEMBERS,
    f"GET {LESSON}/steps/{{part}}": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/steps/{{part}}": MEMBERS,
    f"POST {LESSON}/steps/{{part}}/preview": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/steps/{{part}}/remove": MEMBERS,
    f"GET {LESSON}/quiz": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/quiz": MEMBERS,
    f"POST {LESSON}/questions": MEMBERS,
    f"POST {LESSON}/questions/order": MEMBERS,
    f"GET {LESSON}/questions/{{question}}": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/questions/{{question}}": MEMBERS,
    f"POST {LESSON}/questions/{{question}}/preview": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/questions/{{question}}/remove": MEMBERS,
    f"GET {LESSON}/facts": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/facts": MEMBERS,
    f"GET {LESSON}/facts/{{fact}}": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/facts/{{fact}}": MEMBERS,
    f"POST {LESSON}/facts/{{fact}}/remove": MEMBERS,
    f"POST {LESSON}/facts/{{fact}}/sign": MEMBERS,
    f"GET {LESSON}/preview": MEMBERS_AND_COORDINATOR,
    f"GET {LESSON}/media/{{name}}": MEMBERS_AND_COORDINATOR,
    f"GET {LESSON}/walk": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/rehearse": MEMBERS_AND_COORDINATOR,
    f"GET {LESSON}/review": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/review": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/review/ask": MEMBERS,
    f"POST {LESSON}/publish": MEMBERS_AND_COORDINATOR,
    f"POST {LESSON}/retire": COORDINATOR_OF_BOTH,
    f"GET {LESSON}/versions": MEMBERS_AND_COORDINATOR,
    f"GET {LESSON}/versions/{{pair}}": MEMBERS_AND_COORDINATOR,
    # files
    f"GET {LESSON}/files": MEMBERS_AND_COORDINATOR,
    f"GET {LESSON}/files/{{name}}": MEMBERS_AND_COORDINATOR,
    "POST /author/brought": MEMBERS,
    "GET /author/brought/{name}": MEMBERS,
    "POST /author/brought/{name}": MEMBERS,
    f"GET {LESSON}/brought/{{name}}": MEMBERS,
    f"POST {LESSON}/brought/{{name}}": MEMBERS,
    f"GET {LESSON}/brought/{{name}}/pictures/{{picture}}": MEMBERS,
}

SEASON = {"name": "A new one", "area": "A town", "starts_on": "2026-11-03", "ends_on": "2027-07-23"}
PLAN = {"on": "2026-11-12", "at": "10:00", "minutes": 45, "questions": 8, "module_id": "{module}", "place": 1}

FORMS: dict[str, dict[str, Any]] = {
    "POST /join": {"code": "{code}"},
    "POST /play/answers": {"asking": "x", "round": 1, "choice": "A"},
    "POST /class/live": {"live_session_id": "{session_id}"},
    "POST /class/bookings": {"live_session_id": "{planned}"},
    "POST /class/bookings/ticks": {"booking_id": "{booking_id}", "ticked": "room"},
    "POST /class/run": {"version_id": 1},
    "POST /class/recheck": {"version_id": 1},
    "POST /class/run/cue": {"order": "back", "seq": 999, "epoch": 0},
    "POST /class/run/questions/also": {"question_id": 1},
    "POST /class/run/lock": {"locked": "yes"},
    "POST /class/run/seats/remove": {"participant_id": "{seat}"},
    "GET /class/run/report": {"run": "{ended}"},
    "GET /class/run/certificate.pdf": {"run": "{ended}"},
    "GET /class/run/recheck.ics": {"run": "{ended}"},
    "POST /class/run/attendance": {"run": "{ended}", "present": "27"},
    "POST /class/run/take-back": {"run": "{ended}"},
    "POST /class/run/feedback": {"run": "{ended}", "useful": 5, "age_right": 4, "would_rebook": 5},
    "POST /class/run/feedback/erase": {"run": "{ended}"},
    "POST /class/run/pair/confirm": {"number": 0},
    "POST /account/second-factor": {"seed": "x" * 20},
    "POST /account/sign-ins/end": {"sign_in_id": "{sign_in}"},
    "POST /people/invitations": {"email": "sam@fire.example", "role": "{role}"},
    "POST /people/invitations/withdraw": {"invitation_id": "{invitation}"},
    "POST /people/disable": {"account_id": "{account}"},
    "POST /people/enable": {"account_id": "{account}"},
    "POST /people/second-factor/remove": {"account_id": "{account}"},
    "POST /programmes/new": SEASON,
    "POST /programmes/asked/accept": {"asked_id": "{asked}"},
    "POST /programmes/asked/decline": {"asked_id": "{asked}"},
    f"POST {OF}/costs": {"amount": "4,500", "covers": "Travel", "period": "2026", "source": "Budget"},
    f"POST {OF}/costs/remove": {"cost_id": "{cost}"},
    f"POST {OF}/details": SEASON,
    f"POST {OF}/copy": SEASON,
    f"POST {OF}/modules": {"lesson_id": "{spare_lesson}"},
    f"POST {OF}/modules/order": {"lesson_id": "{lesson}", "by": 1},
    f"POST {OF}/modules/remove": {"lesson_id": "{lesson}"},
    f"POST {OF}/agencies": {"agency_id": "{spare_agency}"},
    f"POST {OF}/agencies/new": {"name": "Hill Rescue (demo)"},
    f"POST {OF}/agencies/{{agency_id}}": {"contact": "Sam"},
    f"POST {OF}/schools": {"school": "Hill School (demo)"},
    f"POST {OF}/schools/{{school_id}}": {"school": "Hill School (demo)"},
    f"POST {OF}/records/{{run_id}}": {"present": 27, "reason": "counted again"},
    "POST /programmes/brought": {"programme": "{slug}"},
    f"POST {OF}/class-groups": {"school": "Hill School (demo)", "label": "6Z"},
    f"POST {CLASS_GROUP}": {"label": "6Z"},
    f"POST {CLASS_GROUP}/browsers/remove": {"browser_id": "{browser}"},
    f"POST {OF}/timetable/new": PLAN,
    f"POST {OF}/timetable/holidays": {"holidays": "2026-12-21 to 2027-01-01"},
    f"POST {PLANNED}/plan": PLAN,
    f"POST {PLANNED}/bookings": {"class_group_id": "{class_group_id}"},
    f"POST {OF}/bookings/{{booking_id}}": {"order": "confirm"},
    "POST /reports/programmes/{slug}/figures": {
        "agency_id": "{reporting}",
        "label": "Homes",
        "amount": 3,
        "period": "2026",
        "source": "Records",
    },
    "POST /reports/programmes/{slug}/figures/remove": {"figure_id": "{figure}"},
    "POST /reports/keys": {"opens": "{opens}", "name": "A dashboard"},
    "POST /reports/keys/revoke": {"key_id": "{key_id}"},
    "POST /present": {"programme_id": "{programme}"},
    f"POST {CONSOLE}/cue": {"order": "next", "seq": 999, "holder_epoch": 0},
    f"POST {CONSOLE}/console": {"holder_epoch": 0},
    f"POST {CONSOLE}/presenters": {"account_id": 999},
    f"POST {CONSOLE}/questions": {"question_id": 1, "state": "parked"},
    f"POST {CONSOLE}/notes": {"words": MESSAGES[0]},
    f"POST {CONSOLE}/end": {"holder_epoch": 0},
    "POST /author/media/remove": {"name": "{medium}"},
    "POST /author/media/logo": {"name": "{medium}"},
    "POST /author/brought": {"lesson": "{key}"},
    "POST /author/lessons": {"title": "A new one", "topic": "fire"},
    f"POST {LESSON}/order": {"part": "hook", "by": 1},
    f"POST {LESSON}/undo": {"revision": 2},
    f"POST {LESSON}/shipped": {"answer": "keep"},
    f"POST {LESSON}/steps": {"kind": "slide"},
    f"POST {LESSON}/questions/order": {"part": "F1", "by": 1},
    f"POST {LESSON}/review": {"revision": 0, "result": "approved"},
    f"POST {LESSON}/review/ask": {"revision": 1},
    f"POST {LESSON}/publish": {"revision": 1},
    f"POST {LESSON}/facts/{{fact}}/sign": {"words": "{words}"},
}
"""What is sent, so that it reaches the guard inside the handler; names in braces are of the own or foreign object."""

NAMES: dict[str, str] = {
    "GET /author/brought/{name}": "{brought}",
    "POST /author/brought/{name}": "{brought}",
    f"GET {OF}/schools/brought/{{name}}": "{brought_list}",
    f"POST {OF}/schools/brought/{{name}}": "{brought_list}",
    "GET /media/{name}": "{medium}.webp",
    f"GET {LESSON}/media/{{name}}": "{picture_name}",
    f"GET {LESSON}/files/{{name}}": "hand-out.md",
    f"GET {LESSON}/brought/{{name}}": "{brought}",
    f"POST {LESSON}/brought/{{name}}": "{brought}",
    f"GET {LESSON}/brought/{{name}}/pictures/{{picture}}": "{brought}",
}
"""What stands for `name` in an address."""

OF_PLANNED = frozenset(
    {f"POST {CONSOLE}/open", f"POST {CONSOLE}/rehearse", *(route for route in POLICIES if PLANNED in route)}
)
"""Here `session_id` is the session that stands in the timetable, not the one that is led."""

WITHIN = frozenset(
    route
    for route in POLICIES
    if OF in route
    and (
        any(f"{{{thing}_id}}" in route for thing in ("agency", "school", "class_group", "session", "booking", "run"))
        or route.endswith(("/modules/order", "/modules/remove", "/timetable/new"))
    )
    and route != f"GET {OF}/timetable/new"
)
"""What is named is looked for in the programme that is named: with the slug of one's own and somebody else's thing,
a coordinator is turned away too."""
