"""The pages: an owner's phone and the bank's console, rendered on the server.

Forms work without JavaScript; nothing is loaded from elsewhere; every sentence is in the reader's
language. Pages decide nothing: each is one question to a room or one command, with the rights of
whoever looks.
"""

from martlet.web.app import create_pages
from martlet.web.visitors import Doorkeeper

__all__ = ["Doorkeeper", "create_pages"]
