"""Martlet."""
