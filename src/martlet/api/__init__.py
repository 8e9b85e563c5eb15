"""The REST face: FastAPI under `/v1`, and the pages mounted beside it.

It reads requests, asks a room with the rights of whoever asks, and writes the answer; every
refusal is `application/problem+json`. It decides nothing and stores nothing.
"""

from martlet.api.app import create_app

__all__ = ["create_app"]
