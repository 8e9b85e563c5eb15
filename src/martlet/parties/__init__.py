"""Parties: businesses and their owners, what they allow, who may do what, and who is asking.

Guards two things. Personal data is sealed field by field, found by a blind index, shown masked,
and never in an event, a log or an answer. And nothing of a business's records is read without its
consent in force. It refuses to decide anything: it only says who, and what they allowed.
"""

from martlet.parties.consents import (
    consent_history,
    consents_in_force,
    consents_of_many,
    consents_of_some,
    require_consent,
)
from martlet.parties.model import (
    ApiKey,
    Business,
    BusinessFacts,
    Consent,
    Masked,
    Owner,
    PersonKind,
    Purpose,
    RecordKind,
    Registration,
    Session,
    StaffMember,
    Tenant,
)
from martlet.parties.names import (
    OwnNames,
    businesses_of_same_owners,
    businesses_of_same_owners_of_some,
)
from martlet.parties.queries import TRAITS, business_facts, facts_of_many
from martlet.parties.roles import Role, roles
from martlet.parties.sender import CodeSender, ConsoleCodeSender, HeldCodeSender
from martlet.parties.service import PartiesService

__all__ = [
    "TRAITS",
    "ApiKey",
    "Business",
    "BusinessFacts",
    "CodeSender",
    "Consent",
    "ConsoleCodeSender",
    "HeldCodeSender",
    "Masked",
    "OwnNames",
    "Owner",
    "PartiesService",
    "PersonKind",
    "Purpose",
    "RecordKind",
    "Registration",
    "Role",
    "Session",
    "StaffMember",
    "Tenant",
    "business_facts",
    "businesses_of_same_owners",
    "businesses_of_same_owners_of_some",
    "consent_history",
    "consents_in_force",
    "consents_of_many",
    "consents_of_some",
    "facts_of_many",
    "require_consent",
    "roles",
]
