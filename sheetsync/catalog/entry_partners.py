"""Whom we work with: partners and the people there."""

from __future__ import annotations

from sheetsync.catalog.columns import (
    CHECK,
    TINTED,
    choice,
    country,
    currency,
    day,
    flag,
    identity,
    ref,
    text,
)
from sheetsync.catalog.computed import TIER_LOOKS
from sheetsync.model.tracker import (
    CellType,
    Column,
    Highlight,
    NeededWhen,
    NotAfterToday,
    NotBefore,
    OnePer,
    Owner,
    Role,
    Tab,
)

PARTNERS = Tab(
    key="partners",
    title="Partners",
    role=Role.ENTRY,
    doc="One row per partner: who they are, what kind, whose they are.",
    table="tblPartners",
    highlights=(
        *TIER_LOOKS,
        Highlight(
            ("contract_end",),
            'AND({contract_end}<>"",{contract_end}<TODAY()+30,{status}<>"ended")',
            "late",
        ),
        TINTED,
    ),
    key_columns=("partner_id",),
    columns=(
        identity(
            "partner_id",
            "Partner ID",
            "Names the partner everywhere; leave blank and sync gives the next number.",
            required=True,
            auto="P-{:04d}",
            unique=True,
            aliases=("partner no", "partner code", "partner number"),
        ),
        text(
            "partner_name",
            "Partner name",
            "The organisation's or creator's name, once.",
            required=True,
            unique=True,
            width=30,
            aliases=("partner", "company", "company name", "organisation", "organization"),
        ),
        choice(
            "partner_type",
            "Partner type",
            "partner_type",
            "Decides which KPIs apply and how the partner is scored.",
            required=True,
            aliases=("type",),
        ),
        choice(
            "status",
            "Status",
            "partner_status",
            "Where the partnership stands today.",
            required=True,
            width=12,
            aliases=("partner status",),
        ),
        text(
            "owner",
            "Owner",
            "The colleague who looks after the partner.",
            required=True,
            aliases=("partner manager", "account owner"),
        ),
        choice(
            "secondary_type",
            "Secondary type",
            "partner_type",
            "A second kind, for partners that are two things at once.",
        ),
        choice(
            "relationship",
            "Relationship",
            "relationship",
            "Direct contract, or reached through a marketplace; blank means direct.",
            default="direct",
            width=13,
        ),
        choice("importance", "Importance", "importance", "Strategic importance.", width=12),
        choice("objective", "Objective", "objective", "What the partnership is for first of all."),
        country("country", "Country", "Two-letter country code; names are turned into codes."),
        text("region", "Region", "State, province or sales region.", width=14),
        text("segment", "Segment", "Customer segment the partner serves.", width=14),
        day("start_date", "Start date", "First day of the partnership."),
        day("end_date", "End date", "Last day, once it has ended."),
        currency("currency", "Currency", "Currency of this partner's rows where a row gives none."),
        choice(
            "track_level",
            "Track level",
            "track_level",
            "Basic partners need no activity figures; blank means basic.",
            default="basic",
            width=12,
        ),
        choice("contract_status", "Contract status", "contract_status", "State of the contract."),
        day("contract_end", "Contract end", "Day on which the contract runs out."),
        Column(
            "utm_code",
            "UTM code",
            CellType.SLUG,
            "Short code for tracked links: small letters, digits and hyphens. Blank until sync "
            "makes it of the name.",
            unique=True,
            auto="slug:partner_name",
            width=16,
            number_format="@",
        ),
        ref(
            "parent_partner",
            "Parent partner",
            "partners",
            "Partner ID of the group's head.",
            width=15,
        ),
        text("tier_override", "Tier override", "A tier that people set by hand.", width=14),
        text("override_reason", "Override reason", "Why the tier was set by hand.", width=24),
        day("override_until", "Override until", "Day on which the override ends.", width=15),
        flag("pilot", "Pilot", "Takes part in the pilot.", width=9),
        day("last_verified", "Last verified", "Day on which this row was last checked.", width=14),
        text("notes", "Notes", "Anything else.", width=30),
        text(
            "tier",
            "Tier",
            "The tier that sync worked out; the reasons are on Partner Summary.",
            owner=Owner.SYNC,
            width=12,
            number_format="",
        ),
        CHECK,
    ),
    checks=(
        NotBefore("end_date", "start_date"),
        NeededWhen("override_reason", "tier_override"),
        NotAfterToday("last_verified"),
    ),
)

CONTACTS = Tab(
    key="contacts",
    title="Contacts",
    role=Role.ENTRY,
    doc="People at the partners, with the lawful basis on which their data is kept.",
    table="tblContacts",
    highlights=(TINTED,),
    key_columns=("contact_id",),
    columns=(
        identity(
            "contact_id", "Contact ID", "Blank until sync numbers it.", auto="C-{:04d}", unique=True
        ),
        ref(
            "partner_id",
            "Partner ID",
            "partners",
            "The partner this person works for.",
            required=True,
            aliases=("partner",),
        ),
        text(
            "name", "Name", "Full name.", required=True, width=24, aliases=("contact", "full name")
        ),
        Column(
            "email",
            "Email",
            CellType.EMAIL,
            "Business address; the same address twice is pointed out.",
            unique=True,
            width=30,
            number_format="@",
            aliases=("e-mail", "email address", "mail"),
        ),
        Column(
            "phone",
            "Phone",
            CellType.PHONE,
            "With country code; written as +49… after cleaning.",
            width=18,
            number_format="@",
            aliases=("telephone", "phone number", "mobile"),
        ),
        text("role", "Role", "Job title or part in the partnership.", width=20),
        flag(
            "is_primary", "Is primary", "The first contact; one per partner.", aliases=("primary",)
        ),
        choice(
            "lawful_basis",
            "Lawful basis",
            "lawful_basis",
            "Ground on which this personal data is kept.",
            width=20,
        ),
        day(
            "consent_date", "Consent date", "Day of consent, where consent is the basis.", width=14
        ),
        day("retain_until", "Retain until", "Day after which the row should be deleted.", width=13),
        day("last_verified", "Last verified", "Day on which this row was last checked.", width=14),
        CHECK,
    ),
    checks=(
        NeededWhen("consent_date", "lawful_basis", ("consent",)),
        OnePer("is_primary", "partner_id"),
        NotAfterToday("consent_date"),
        NotAfterToday("last_verified"),
    ),
)
