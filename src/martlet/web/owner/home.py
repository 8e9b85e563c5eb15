"""The owner's first page: my businesses, what I can draw, what I owe, what is due next."""

from fastapi import APIRouter
from starlette.responses import Response

from martlet.web.owner.views import shops_of
from martlet.web.visitors import Anyone, SignInNeeded

router = APIRouter()


@router.get("/")
def home(visitor: Anyone, note: str = "") -> Response:
    """Show an owner's businesses; staff go to the console."""
    if visitor.someone is None:
        raise SignInNeeded
    if visitor.is_staff:
        return visitor.go("/console")
    notes = {"accepted": visitor.say("Your line is open. You can draw at any time.")}
    return visitor.page("owner/home.html", shops=shops_of(visitor), note=notes.get(note, ""))
