"""A course and the people in it, so that a test can begin with what it is about."""

from .carrel_process import wait_until
from .portal import seconds_from_now


class Course:
    """A course that `gov` accepted and `lea` leads. Participants are made with `admit`."""

    def __init__(self, carrel, slug, gov=None, lea=None, deploy=True, **fields):
        self.carrel, self.slug = carrel, slug
        self.gov = gov or carrel.log_in("gov")
        self.lea = lea or carrel.log_in("lea")
        self.lea.request_course(slug, **fields)
        self.gov.post(f"{self.path}/accept")
        if deploy:
            self.wait_for("deployed")

    @property
    def path(self):
        return f"/api/v1/courses/{self.slug}"

    @property
    def base(self):
        """Where its hub is, "/c/<slug>/" or "/"."""
        return self.lea.hub_base(self.slug)

    def state(self):
        return self.lea.course(self.slug)["state"]

    def wait_for(self, state, timeout=60):
        wait_until(lambda: self.state() == state, timeout, f"course {self.slug} being {state}")
        return self.lea.course(self.slug)

    def applicant(self, username):
        """Somebody who opened the invitation, signed up and applied."""
        code = self.lea.invitation(self.slug)
        person = self.carrel.anonymous()
        person.sign_up(code, username)
        self.carrel.passwords[username] = "a long enough password"
        person.apply(code)
        return person

    def admit(self, username):
        person = self.applicant(username)
        self.lea.decide(self.slug, username, "accept")
        return person

    def admit_with_server(self, username):
        """A participant whose server runs."""
        person = self.admit(username)
        person.running_server(self.slug)
        return person

    def server_state(self, username):
        for one in self.lea.items(f"{self.path}/participants"):
            if one["username"] == username:
                return one["server"] and one["server"]["state"]
        return None

    def events(self, kind=None):
        return [one for one in self.lea.items(f"{self.path}/events") if kind in (None, one["kind"])]

    def end(self):
        """Ends the course now and waits until the hub is gone."""
        self.lea.post(f"{self.path}/degrade")
        return self.wait_for("degraded")


def edge_cookie(person, slug, username=None):
    """What opens the server of `username`, or their own, to this person."""
    return person.server(slug, username).http.cookies["carrel_edge"]


def far_ahead(days=30):
    """The dates of a course whose time has not come."""
    day = 24 * 3600
    return {"starts_at": seconds_from_now(days * day), "ends_at": seconds_from_now((days + 1) * day)}
